/**
 * Reads the text of a YAML 1.2 file (configuration or domain map) and keeps for every value where it stands.
 * Left out on purpose: several documents in a file, keys that are no plain text, anchors and aliases.
 */
import {
  type Document,
  isScalar,
  LineCounter,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { FileComplaints } from './file-complaints.ts';

export interface YamlSource {
  /** null when the file is empty, and when it cannot be understood; then there are complaints. */
  readonly root: ParsedNode | null;
  readonly complaints: FileComplaints;
}

export function readYaml(text: string, fileName: string): YamlSource {
  const lineCounter = new LineCounter();
  const complaints = new FileComplaints(fileName, lineCounter);
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings];
  for (const problem of problems) complaints.add(problem.pos[0], explainProblem(problem));
  const isYaml = problems.every(({ code }) => code === 'DUPLICATE_KEY');
  const isUnderstood = isYaml && !hasForbiddenNodes(document, complaints);
  return { root: isUnderstood ? withoutNull(document.contents) : null, complaints };
}

function withoutNull(root: ParsedNode | null): ParsedNode | null {
  return isScalar(root) && root.value === null ? null : root;
}

/** Where a node starts; the start of the file for a value that is not there. */
export function offsetOf(node: ParsedNode | null | undefined): number {
  return node?.range[0] ?? 0;
}

/** What stands there instead of what was expected, in words. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(value)}`;
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : 'a mapping';
}

function explainProblem({ code, message }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands here a second time';
  if (code === 'MULTIPLE_DOCS') return 'a second YAML document starts here: there may be only one in a file';
  return `not valid YAML: ${message}`;
}

/** Aliases of aliases can make a small file fill the memory ("billion laughs"), and nothing here needs them. */
function hasForbiddenNodes(document: Document, complaints: FileComplaints): boolean {
  let isFound = false;
  const complain = (offset: number, what: string) => {
    isFound = true;
    complaints.add(offset, what);
  };
  visit(document, {
    Alias: (_, { range, source }) => complain(range?.[0] ?? 0, `aliases (*${source}) are not allowed here`),
    Pair: (_, { key }) => {
      if (isScalar(key)) return;
      complain(hasRange(key) ? key.range[0] : 0, 'a key must be plain text');
    },
  });
  return isFound;
}

function hasRange(node: unknown): node is { range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
