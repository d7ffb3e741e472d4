/** From YAML nodes to plain values, and from a path in the value back to the node. */
import { isMap, isScalar, isSeq, type Pair, type ParsedNode } from 'yaml';

/** A key without a value counts as not there, so it has its default: so a section may be emptied by comment signs. */
export function toPlainValue(node: ParsedNode | null): unknown {
  if (isSeq(node)) return node.items.map(toPlainValue);
  if (isMap(node)) return toPlainObject(node.items);
  return isScalar(node) ? node.value : undefined;
}

/** `Object.fromEntries` makes own properties, so a key `__proto__` is an unknown key like any other. */
function toPlainObject(pairs: readonly Pair<ParsedNode, ParsedNode | null>[]): unknown {
  const entries = pairs.map(({ key, value }): [string, unknown] => [textOfKey(key), toPlainValue(value)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined));
}

/** The node at this path, or the last one on the way to it that exists. */
export function findNode(root: ParsedNode, path: readonly PropertyKey[]): ParsedNode {
  const [step, ...rest] = path;
  if (step === undefined) return root;
  const next = isSeq(root) ? root.items[Number(step)] : findPair(root, String(step))?.value;
  return next === null || next === undefined ? root : findNode(next, rest);
}

/** The key with this text in a mapping. */
export function findKey(node: ParsedNode | null, key: string): ParsedNode | null {
  return findPair(node, key)?.key ?? node;
}

function findPair(node: ParsedNode | null, key: string): Pair<ParsedNode, ParsedNode | null> | undefined {
  return isMap(node) ? node.items.find((pair) => textOfKey(pair.key) === key) : undefined;
}

function textOfKey(key: ParsedNode): string {
  return isScalar(key) ? String(key.value) : '';
}
