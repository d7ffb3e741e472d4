/** Writes the zone files of the bed's name server from the records that a test gives, signed where it wants them signed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

/**
 * signed: validates, so the resolver says AD. unsigned: no AD. bogus: its signatures have expired, so the resolver says
 * SERVFAIL. broken: its name server fails, so SERVFAIL. silent: its name server never answers, so nor does the
 * resolver, for longer than anybody waits.
 */
type ZoneKind = 'signed' | 'unsigned' | 'bogus' | 'broken' | 'silent';
export type ServedKind = Exclude<ZoneKind, 'broken' | 'silent'>;

export interface Zone {
  /** Without the final dot: `example.test`. */
  readonly name: string;
  readonly kind: ZoneKind;
  /** Lines of a zone file below `$ORIGIN <name>.`; SOA and NS are added. */
  readonly records: string;
  /** Time to live of records that name none, and of negative answers. */
  readonly ttlSeconds?: number;
}

export interface ZoneFile {
  readonly name: string;
  readonly path: string;
}

const defaultTtlSeconds = 2;
const expired = ['-i', '20200101000000', '-e', '20200201000000'];

export function isServed(zone: Zone): boolean {
  return zone.kind !== 'broken' && zone.kind !== 'silent';
}

export function isSigned(zone: Zone): boolean {
  return zone.kind === 'signed' || zone.kind === 'bogus';
}

/** The key is made once a zone and stays when its records change, because the resolver trusts that key. */
export async function writeZone(folder: string, zone: Zone, serial: number): Promise<ZoneFile> {
  const path = join(folder, zone.name === '' ? 'root.zone' : `${zone.name}.zone`);
  await writeFile(path, zoneText(zone, serial));
  if (!isSigned(zone)) return { name: zone.name, path };
  const keyBase = await ensureKey(folder, zone.name);
  const dates = zone.kind === 'bogus' ? expired : [];
  await runProgram('ldns-signzone', [...dates, '-f', `${path}.signed`, path, keyBase], { cwd: folder });
  return { name: zone.name, path: `${path}.signed` };
}

/** The DNSKEY record of a signed zone, as the resolver's trust anchor. */
export async function readTrustAnchor(folder: string, zoneName: string): Promise<string> {
  const text = await readFile(`${await ensureKey(folder, zoneName)}.key`, 'utf8');
  return text.replace(/;.*/, '').trim().replaceAll(/\s+/g, ' ');
}

function zoneText({ name, records, ttlSeconds = defaultTtlSeconds }: Zone, serial: number): string {
  return [
    `$ORIGIN ${name}.`,
    `$TTL ${ttlSeconds}`,
    `@ IN SOA ns.invalid. hostmaster.invalid. ${serial} 3600 600 86400 ${ttlSeconds}`,
    '@ IN NS ns.invalid.',
    records,
    '',
  ].join('\n');
}

async function ensureKey(folder: string, zoneName: string): Promise<string> {
  const notePath = join(folder, `${zoneName}.keyname`);
  const known = await readFile(notePath, 'utf8').catch(() => undefined);
  if (known !== undefined) return join(folder, known);
  const made = await runProgram('ldns-keygen', ['-a', 'ECDSAP256SHA256', '-k', zoneName], { cwd: folder });
  await writeFile(notePath, made.trim());
  return join(folder, made.trim());
}
