/**
 * A file of the domain map as a YAML document that can be changed and written again with its comments. A comment right above
 * an entry belongs to it, and goes where it goes; what stands above the first blank line is the head of the file.
 */
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
  YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { canonicalName, compareNames } from './map-names.ts';

/** One entry of the file: an onion address with its domains, or a domain with its exchangers. */
interface MapItem {
  /** In the spelling that counts; undefined of a dead version 2 address. */
  readonly name: string | undefined;
  readonly list: YAMLSeq;
}

type Entry = Pair;

export interface MapDocument {
  readonly items: readonly MapItem[];
  /** Adds an entry with an empty list. */
  add(name: string): MapItem;
  append(item: MapItem, value: unknown): void;
  /** Out of a list of domains. */
  remove(item: MapItem, domain: string): void;
  drop(item: MapItem): void;
  /** Sorts the entries and the lists of domains. */
  sort(): void;
  /** What was sorted at first is sorted again; other files keep the order that their writers gave them. */
  keepSorted(): void;
  /** A line for each domain, and none twice. */
  unfold(): void;
  toText(): string;
}

/** The text must be a right map. */
export function openMapDocument(text: string): MapDocument {
  const document: Document = parseDocument(text);
  const root = rootOf(document);
  separateHead(document, root);
  const sortedLists = new Set(domainLists(root).filter((list) => isSorted(list.items.map(textOf))));
  const wasSorted = isSorted(root.items.map(keyText));
  const hasGaps = root.items.some(({ key }) => isScalar(key) && key.spaceBefore === true);
  const first = root.items[0];
  const toItem = (entry: Entry): MapItem[] =>
    isSeq(entry.value) ? [{ name: canonicalName(keyText(entry)), list: entry.value }] : [];

  function add(name: string): MapItem {
    const list = document.createNode([]);
    list.flow = false;
    const entry = document.createPair(name, list);
    root.items.push(entry);
    setGap(entry, hasGaps);
    sortedLists.add(list);
    return { name, list };
  }

  function sortEntries(): void {
    root.items.sort((one, other) => compareNames(keyText(one), keyText(other)));
  }

  return {
    get items() {
      return root.items.flatMap(toItem);
    },
    add,
    append: ({ list }, value) => void list.items.push(document.createNode(value, { flow: true })),
    remove: ({ list }, domain) => {
      list.items = list.items.filter((item) => canonicalName(textOf(item)) !== domain);
    },
    drop: ({ list }) => {
      root.items = root.items.filter(({ value }) => value !== list);
    },
    sort: () => {
      sortEntries();
      for (const entry of root.items) setGap(entry, hasGaps);
      for (const list of domainLists(root)) sortDomains(list);
    },
    keepSorted: () => {
      if (wasSorted) sortEntries();
      if (first !== undefined && first !== root.items[0]) setGap(first, hasGaps);
      for (const list of domainLists(root)) if (sortedLists.has(list)) sortDomains(list);
    },
    unfold: () => {
      for (const entry of listingsIn(root)) unfoldListing(entry);
    },
    toText: () => {
      if (root.items[0] !== undefined) setGap(root.items[0], false);
      const written = document.toString({ lineWidth: 0, ...styleOf(text) });
      return root.items.length === 0 ? written.replace(/\{\s*\}\n$/, '') : written;
    },
  };
}

function rootOf(document: Document): YAMLMap {
  if (isMap(document.contents)) return document.contents;
  const root = new YAMLMap();
  document.contents = root;
  return root;
}

/** YAML gives all comments above the first entry to it, and all above the first item of a list to the list. */
function separateHead(document: Document, root: YAMLMap): void {
  const [first] = root.items;
  if (first !== undefined && isScalar(first.key)) {
    const comment = root.commentBefore ?? first.key.commentBefore ?? '';
    const end = comment.lastIndexOf('\n\n');
    const [head, own] = end < 0 ? ['', comment] : [comment.slice(0, end), comment.slice(end + 2)];
    root.commentBefore = null;
    setComment(first.key, own);
    if (head !== '') document.commentBefore = [document.commentBefore ?? [], head].flat().join('\n\n');
  }
  for (const { value } of root.items) {
    if (!isSeq(value) || typeof value.commentBefore !== 'string') continue;
    const [item] = value.items;
    if (!isScalar(item)) continue;
    setComment(item, value.commentBefore);
    value.commentBefore = null;
  }
}

/** Whether a blank line stands above the entry. */
function setGap({ key }: Entry, hasGap: boolean): void {
  if (isScalar(key)) key.spaceBefore = hasGap;
}

function setComment(node: Scalar, comment: string): void {
  node.commentBefore = comment === '' ? null : comment;
}

/** The manner of the file, as far as the writing of YAML lets us keep it. */
function styleOf(text: string): { indentSeq: boolean; flowCollectionPadding: boolean } {
  return { indentSeq: !/^- /m.test(text), flowCollectionPadding: /[[{] /.test(text) || !/[[{]\S/.test(text) };
}

function keyText({ key }: Entry): string {
  return textOf(key);
}

function textOf(node: unknown): string {
  return isScalar(node) ? String(node.value) : '';
}

interface Listing {
  readonly key: unknown;
  readonly list: YAMLSeq;
}

/** The onion addresses with their lists of domains; those of dead version 2 addresses may hold anything. */
function listingsIn(root: YAMLMap): Listing[] {
  return root.items.flatMap(({ key, value }) =>
    isSeq(value) && canonicalName(textOf(key))?.endsWith('.onion') === true ? [{ key, list: value }] : [],
  );
}

function domainLists(root: YAMLMap): YAMLSeq[] {
  return listingsIn(root).map(({ list }) => list);
}

function unfoldListing({ key, list }: Listing): void {
  // a comment behind `[…]` would land below the last domain
  if (list.flow === true && typeof list.comment === 'string' && isScalar(key)) {
    setComment(key, [key.commentBefore ?? [], list.comment].flat().join('\n'));
    list.comment = null;
  }
  list.flow = false;
  const first = new Map(list.items.toReversed().map((item) => [canonicalName(textOf(item)), item]));
  list.items = list.items.filter((item) => first.get(canonicalName(textOf(item))) === item);
}

function isSorted(names: readonly string[]): boolean {
  return names.every((name, index) => compareNames(names[index - 1] ?? name, name) <= 0);
}

function sortDomains(list: YAMLSeq): void {
  list.items.sort((one, other) => compareNames(textOf(one), textOf(other)));
}
