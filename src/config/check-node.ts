/** Checks a part of a YAML file by a zod schema; what is wrong becomes complaints with their places. */
import type { ParsedNode } from 'yaml';
import type { z } from 'zod';
import type { FileComplaints } from './file-complaints.ts';
import { findNearestKey } from './nearest-key.ts';
import { findKey, findNode, toPlainValue } from './plain-value.ts';
import { fieldsOf, schemaAt } from './schema-tree.ts';
import { describeValue, offsetOf } from './yaml-source.ts';

/** The parsed value, or undefined when there were complaints. An empty file (null) is a mapping without keys. */
export function checkNode<Schema extends z.ZodType>(
  schema: Schema,
  node: ParsedNode | null,
  complaints: FileComplaints,
): z.output<Schema> | undefined {
  const result = schema.safeParse(node === null ? {} : toPlainValue(node), { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) complainOf(issue, schema, node, complaints);
  return undefined;
}

function complainOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  root: ParsedNode | null,
  complaints: FileComplaints,
): void {
  const node = root === null ? null : findNode(root, issue.path);
  if (issue.code !== 'unrecognized_keys') {
    complaints.add(offsetOf(node), `${nameOf(issue.path)}${explainIssue(issue)}`);
    return;
  }
  const knownKeys = Object.keys(fieldsOf(schemaAt(schema, issue.path)));
  for (const key of issue.keys) {
    const name = formatPath([...issue.path, key]);
    complaints.add(offsetOf(findKey(node, key)), explainUnknownKey(name, key, knownKeys));
  }
}

function explainUnknownKey(name: string, key: string, knownKeys: readonly string[]): string {
  const nearest = findNearestKey(key, knownKeys);
  const advice = nearest === undefined ? `known here: ${knownKeys.join(', ')}` : `did you mean ${nearest}?`;
  return `unknown key ${name}: ${advice}`;
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : `${formatPath(path)}: `;
}

/** `lookup.tcpTable[0]` */
function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

const expectedWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a whole number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
};

function explainIssue(issue: z.core.$ZodIssue): string {
  const found = describeValue(issue.input);
  if (issue.code === 'invalid_type')
    return explainType(expectedWords[issue.expected] ?? issue.expected, issue.input);
  if (issue.code === 'invalid_value') return `must be ${joinWithOr(issue.values.map(String))}, not ${found}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}, not ${found}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}, not ${found}`;
  return issue.message;
}

function explainType(expected: string, input: unknown): string {
  if (input === undefined) return `this key is missing`;
  const isUnquoted = expected === expectedWords['string'] && typeof input !== 'object';
  return `must be ${expected}, not ${describeValue(input)}${isUnquoted ? ' (write it in quotes)' : ''}`;
}

function joinWithOr(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
