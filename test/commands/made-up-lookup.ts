/** What `onionmx lookup` is tested with: a name server, a map, and a memory. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runLookupCommand } from '../../src/commands/lookup.ts';
import { memoryFolderOf } from '../../src/commands/state-paths.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { formatEntry, type MemoryEntry } from '../../src/routing/memory/memory-entry.ts';
import { entryFileOf } from '../../src/routing/memory/memory-files.ts';
import { makeExchanger, makeOnionAddress } from '../made-up-onions.ts';
import { type ReplyOptions, replyTo, soa, srv, txt } from '../dns-replies.ts';
import { startFakeDns } from '../fake-dns-server.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeConfig } from './made-up-config.ts';

export const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];
export const published = '_onion-mx._tcp.dns.test';
const zone: Readonly<Record<string, ReplyOptions>> = {
  [published]: {
    flags: ['AD'],
    answers: [
      srv(published, two, { port: 2525, priority: 20, weight: 7, ttl: 77 }),
      srv(published, one, { priority: 10, ttl: 77 }),
    ],
  },
  '_onion-mx._tcp.plain.test': { answers: [srv('_onion-mx._tcp.plain.test', one)] },
  '_onion-mx._tcp.none.test': { rcode: 3, authorities: [soa('test', 900, 120)] },
  '_onion-mx._tcp.gone.test': { rcode: 3, authorities: [soa('test', 900, 120)] },
  '_onion-mx._tcp.signed-gone.test': { flags: ['AD'], rcode: 3, authorities: [soa('test', 900, 120)] },
  '_onion-mx._tcp.servfail.test': { rcode: 2 },
  '_onion-mx._tcp.known.test': { rcode: 2 },
  '_onion-mx._tcp.sts.test': { answers: [srv('_onion-mx._tcp.sts.test', one)] },
  '_mta-sts.sts.test': { answers: [txt('_mta-sts.sts.test', 'v=STSv1; id=1;')] },
  '_onion-mx._tcp.dark.test': { answers: [srv('_onion-mx._tcp.dark.test', one)] },
  '_mta-sts.dark.test': { rcode: 2 },
  '_onion-mx._tcp.trusted.test': { answers: [srv('_onion-mx._tcp.trusted.test', two)] },
};
/** What else is asked of a domain, as for DANE and MTA-STS. */
const missing: ReplyOptions = { rcode: 3, authorities: [soa('test', 900, 120)] };
export const known = ['known.test', 'gone.test', 'signed-gone.test', 'dns.test'];
export const seenMs = Date.now();
export const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
const old = seenMs - 8 * 86_400_000;
export const seenLong = `${two}:25 (remembered, last seen ${time(seenMs)})`;
export const seen = `${two}:25 (dns, last seen ${time(seenMs)})`;
export const end = time(seenMs + 30 * 86_400_000);

function writeMemory(folder: string, name: string, change: Partial<MemoryEntry> = {}): void {
  const times = { firstSeenMs: seenMs, lastSeenMs: seenMs };
  const entry: MemoryEntry = {
    exchangers: [makeExchanger(2)],
    isPinned: false,
    ...times,
    ...change,
  };
  const domain = parseDomainName(name);
  writeFileSync(entryFileOf(folder, domain), formatEntry(domain, entry));
}

export async function prepareLookup(t: TestContext) {
  const dns = await startFakeDns(t, {
    udp: (query, asked) => [replyTo(query, zone[asked.name] ?? missing)],
  });
  const { config, folder } = makeConfig(t, (own) => ({
    map: [join(own, 'map.yml')],
    domains: { own: ['own.test'], ignored: ['ignored.test'] },
    dns: { resolvers: [`127.0.0.1:${dns.port}`] },
    delivery: { nexthopPrefix: 'onionmx' },
  }));
  writeFileSync(join(folder, 'map.yml'), `${one}: [map.test, own.test, ignored.test]\n`);
  mkdirSync(memoryFolderOf(config), { recursive: true });
  for (const name of known) writeMemory(memoryFolderOf(config), name);
  writeMemory(memoryFolderOf(config), 'gone.test', { firstSeenMs: old });
  writeMemory(memoryFolderOf(config), 'trusted.test', {
    shown: { evidence: 'proved', untilMs: seenMs + 86_400_000 },
    check: { atMs: seenMs, found: ['by HTTPS: one proof'] },
  });
  writeMemory(memoryFolderOf(config), 'pinned.test', { isPinned: true });
  const run = async (key: string, json = false) => {
    let text = '';
    const options = { key, json, config, log: createRecordingLog() };
    const code = await runLookupCommand(options, (more) => void (text += more));
    return { code, text: text.replaceAll(`127.0.0.1:${dns.port}`, 'RESOLVER').replaceAll(folder, 'FOLDER') };
  };
  return { run, dns, folder, config };
}
