/** Adds to the configuration file of onionmx; what stands there, with its comments, stays. */
import { type Document, isSeq, parseDocument } from 'yaml';

export interface WantedSettings {
  /** Those that are missing from `domains.own` are added. */
  readonly ownDomains: readonly string[];
  /** An onion service of our own tor that leads there, unless one does already; undefined: none is wanted. */
  readonly onionService: { readonly name: string; readonly target: string } | undefined;
  /** Set unless the file says something of them. */
  readonly defaults: readonly SettingValue[];
  /** Set, whatever the file says of them. */
  readonly choices: readonly SettingValue[];
}

export interface SettingValue {
  readonly path: readonly string[];
  readonly value: string | readonly string[];
}

const head = '# Settings of onionmx. `onionmx config` prints all of them, with explanations.\n';

/** text: undefined when there is no file yet. The text must be a valid configuration. */
export function editSettings(text: string | undefined, wanted: WantedSettings): string {
  const document = parseDocument(text ?? head);
  const changes = [
    addOwnDomains(document, wanted.ownDomains),
    addDefaults(document, wanted.defaults),
    setChoices(document, wanted.choices),
    addOnionService(document, wanted.onionService),
  ];
  return changes.includes(true) || text === undefined ? document.toString({ lineWidth: 0 }) : text;
}

/** Whether anything was added. */
function addOwnDomains(document: Document, wanted: readonly string[]): boolean {
  const known = new Set(readList(document, ['domains', 'own']).map((domain) => String(domain).toLowerCase()));
  const missing = wanted.filter((domain) => !known.has(domain));
  for (const domain of missing) append(document, ['domains', 'own'], domain);
  return missing.length > 0;
}

function addDefaults(document: Document, defaults: readonly SettingValue[]): boolean {
  const missing = defaults.filter(({ path }) => !document.hasIn(path));
  for (const { path, value } of missing) document.setIn(path, document.createNode(value));
  return missing.length > 0;
}

function setChoices(document: Document, choices: readonly SettingValue[]): boolean {
  const changed = choices.filter(({ path, value }) => document.getIn(path) !== value);
  for (const { path, value } of changed) document.setIn(path, value);
  return changed.length > 0;
}

function addOnionService(document: Document, wanted: WantedSettings['onionService']): boolean {
  const path = ['receiving', 'onionServices'];
  if (wanted === undefined || readList(document, path).length > 0) return false;
  append(document, path, document.createNode(wanted));
  return true;
}

function readList(document: Document, path: readonly string[]): readonly unknown[] {
  const node = document.getIn(path);
  return isSeq(node) ? node.toJSON() : [];
}

function append(document: Document, path: readonly string[], value: unknown): void {
  const list = document.getIn(path);
  if (isSeq(list)) {
    list.flow = false;
    list.add(value);
  } else document.setIn(path, document.createNode([value]));
}
