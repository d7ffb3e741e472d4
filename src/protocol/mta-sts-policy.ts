/** The policy file of MTA-STS, `https://mta-sts.<domain>/.well-known/mta-sts.txt` (RFC 8461 §3.2). */
import { OnionmxError } from '../errors.ts';
import { toPrintableText } from './dns-name.ts';
import { parseDomainName } from './domain-name.ts';

export interface MtaStsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none';
  /** `mx.example.org` or `*.example.org`; lower case. */
  readonly mxNames: readonly string[];
  readonly maxAgeSeconds: number;
}

export const maxPolicyBytes = 65_536;
/** RFC 8461 §3.2: what is above counts as this, a year. */
const maxMaxAgeSeconds = 31_557_600;

/** Throws `download-failed`. */
export function parseMtaStsPolicy(bytes: Buffer): MtaStsPolicy {
  const fields = bytes
    .toString('utf8')
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .map(readField);
  // all but mx: the first one holds
  const find = (key: string) => fields.find((field) => field.key === key)?.value;
  if (find('version') !== 'STSv1') throw invalid('it does not say "version: STSv1"');
  const mode = readMode(find('mode'));
  const mxNames = fields.filter(({ key }) => key === 'mx').map(({ value }) => readMxName(value));
  if (mode !== 'none' && mxNames.length === 0) throw invalid('it names no mx');
  return { mode, mxNames: [...new Set(mxNames)], maxAgeSeconds: readMaxAge(find('max_age')) };
}

function readField(line: string): { key: string; value: string } {
  const [, key, value] = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*)$/.exec(line) ?? [];
  if (key === undefined || value === undefined) throw invalid(`what is ${quote(line)}?`);
  return { key, value };
}

function readMode(value: string | undefined): MtaStsPolicy['mode'] {
  if (value === 'enforce' || value === 'testing' || value === 'none') return value;
  throw invalid(value === undefined ? 'it has no mode' : `what is the mode ${quote(value)}?`);
}

function readMaxAge(value: string | undefined): number {
  if (value === undefined) throw invalid('it has no max_age');
  if (!/^\d{1,10}$/.test(value)) throw invalid(`what is the max_age ${quote(value)}?`);
  return Math.min(Number(value), maxMaxAgeSeconds);
}

function readMxName(value: string): string {
  const [, star = '', rest = ''] = /^(\*\.)?(.*)$/.exec(value) ?? [];
  try {
    return `${star}${parseDomainName(rest)}`;
  } catch {
    throw invalid(`what is the mx ${quote(value)}?`);
  }
}

function quote(text: string): string {
  return JSON.stringify(toPrintableText(text, 80));
}

function invalid(why: string): OnionmxError {
  return new OnionmxError('download-failed', `it is no MTA-STS policy: ${why}`);
}
