/** `onionmx map check`: is the map in order, and with `--online`, is it true? Changes nothing, sends no mail. */
import type { Config } from '../../config/schema.ts';
import { readMapTexts } from '../../routing/map/load-domain-map.ts';
import { type MapProofs, readProofsBeside, reviewMapProofs } from '../../routing/map/map-proofs.ts';
import { type MapReview, reviewMap } from '../../routing/map/review-map.ts';
import { exitCode, exitCodeFor } from '../exit-code.ts';
import { errorToJson, formatJson } from '../json.ts';
import { checkMapOnline, type EntryCheck, type OnProgress } from './map-check-online.ts';
import { formatEntryChecks } from './map-check-table.ts';

export interface MapCheckOptions {
  /** Empty: those of the configuration. */
  readonly files: readonly string[];
  readonly online: boolean;
  readonly json: boolean;
  readonly config: Config;
  readonly onProgress: OnProgress;
  /** Authorities in place of those that Node.js knows; for tests. */
  readonly ca?: string;
}

/**
 * 78 for a map that is refused. Online: 69 when Tor is not there, 68 when an exchanger refuses for good, 75 when something
 * does not answer for now. Throws `map-unreadable`.
 */
export async function runMapCheckCommand(
  { files, online, json, config, onProgress, ca }: MapCheckOptions,
  out: (text: string) => void,
): Promise<number> {
  const texts = await readMapTexts(files.length === 0 ? config.map : files);
  const review = reviewMap(texts);
  const isRefused = review.complaints.length > 0;
  // a map with complaints is never used: what it says of a domain need not be what it is meant to say
  const checks =
    online && !isRefused ? await checkMapOnline(review.entries, config, onProgress, ca) : undefined;
  const names = texts.map(({ file }) => file);
  const proofs = reviewMapProofs(await readProofsBeside(names), review.entries, Date.now() / 1000);
  const found: Found = { files: names, review, proofs, checks };
  out(json ? toJson(found) : toText(found));
  return isRefused ? exitCode.config : exitCodeOf(checks ?? []);
}

interface Found {
  readonly files: readonly string[];
  readonly review: MapReview;
  /** undefined: none lie beside the map. */
  readonly proofs: MapProofs | undefined;
  readonly checks: readonly EntryCheck[] | undefined;
}

function toText({ files, review, proofs, checks }: Found): string {
  const { complaints, entries } = review;
  const warnings = [...review.warnings.map(markWarning), ...(proofs?.warnings ?? [])];
  const lines = [...complaints, ...warnings].map((line) => `${line}\n`).join('');
  const table = checks === undefined || checks.length === 0 ? '' : `${formatEntryChecks(checks)}\n`;
  const beside =
    proofs === undefined
      ? ''
      : `Proofs beside the map: ${count(proofs.proved, 'exchanger')} with one that holds, ${proofs.unproved} without.\n`;
  return `${lines}${table}${beside}${summarise(files.length, entries.size, complaints.length, warnings.length)}\n`;
}

/** `file:line:column: warning: what` */
function markWarning(warning: string): string {
  return warning.replace(/^(.*?:\d+:\d+): /, '$1: warning: ');
}

function summarise(files: number, domains: number, complaints: number, warnings: number): string {
  if (files === 0) return 'There is no map: the setting map names no file.';
  const found = [
    `${count(complaints, 'error')}${complaints > 0 ? ': onionmx refuses this map' : ''}`,
    count(warnings, 'warning'),
  ];
  return `${count(files, 'file')}, ${count(domains, 'domain')}: ${found.join(', ')}.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function toJson({ files, review: { complaints, warnings, entries }, proofs, checks }: Found): string {
  return formatJson({
    ok: complaints.length === 0,
    files,
    domains: entries.size,
    complaints,
    warnings,
    proofs: proofs ?? null,
    entries:
      checks?.map(({ exchangers, ...check }) => ({
        ...check,
        exchangers: exchangers.map(({ error, code, ...rest }) => ({
          ...rest,
          code: code ?? null,
          error: errorToJson(error),
        })),
      })) ?? null,
  });
}

function exitCodeOf(checks: readonly EntryCheck[]): number {
  const exchangers = checks.flatMap((check) => check.exchangers);
  const codes = exchangers.flatMap(({ result, code = 0, error }): number[] => {
    if (error !== undefined) return [exitCodeFor(error)];
    if (result === 'accepts') return [];
    return [code >= 500 ? exitCode.noHost : exitCode.temporary];
  });
  if (checks.some(({ srv }) => srv.result === 'failed')) codes.push(exitCode.temporary);
  const worst = [exitCode.unavailable, exitCode.noHost].find((code) => codes.includes(code));
  return worst ?? codes[0] ?? exitCode.ok;
}
