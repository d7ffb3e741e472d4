import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runLookupCommand } from '../../src/commands/lookup.ts';
import { memoryFolderOf } from '../../src/commands/state-paths.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { formatEntry, type MemoryEntry } from '../../src/routing/memory-entry.ts';
import { entryFileOf } from '../../src/routing/memory-files.ts';
import { makeExchanger, makeOnionAddress } from '../made-up-onions.ts';
import { type ReplyOptions, replyTo, soa, srv } from '../dns-replies.ts';
import { startFakeDns } from '../fake-dns-server.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeConfig } from './made-up-config.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];
const published = '_onion-mx._tcp.dns.test';
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
};
const known = ['known.test', 'gone.test', 'signed-gone.test', 'dns.test'];
const seenMs = Date.now();
const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
const seen = `${two}:25 (dns, last seen ${time(seenMs)})`;
const end = time(seenMs + 30 * 86_400_000);

function writeMemory(folder: string, name: string, change: Partial<MemoryEntry> = {}): void {
  const times = { firstSeenMs: seenMs, lastSeenMs: seenMs };
  const entry: MemoryEntry = {
    exchangers: [makeExchanger(2)],
    evidence: 'dns',
    isPinned: false,
    ...times,
    ...change,
  };
  const domain = parseDomainName(name);
  writeFileSync(entryFileOf(folder, domain), formatEntry(domain, entry));
}

async function prepare(t: TestContext) {
  const dns = await startFakeDns(t, {
    udp: (query, asked) => [replyTo(query, zone[asked.name] ?? { rcode: 5 })],
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
  writeMemory(memoryFolderOf(config), 'pinned.test', { isPinned: true });
  const run = async (key: string, json = false) => {
    let text = '';
    const options = { key, json, config, log: createRecordingLog() };
    const code = await runLookupCommand(options, (more) => void (text += more));
    return { code, text: text.replaceAll(`127.0.0.1:${dns.port}`, 'RESOLVER').replaceAll(folder, 'FOLDER') };
  };
  return { run, dns, folder, config };
}

const notListed = ['  own domains      no', '  ignored domains  no'];
const notCertain = [...notListed, '  map              no entry'];

/** What is asked for, the exit code, and what is printed below the key. */
const answers: readonly [why: string, key: string, code: number, lines: readonly string[]][] = [
  [
    'an own domain stays here, whatever the map says',
    'bob@own.test',
    0,
    [
      '  own domains      yes',
      'Route: clear net, as if onionmx were not there: it is an own domain: mail stays here',
      'Postfix gets: not found (it is an own domain: mail stays here)',
    ],
  ],
  [
    'an ignored domain takes the clear net, whatever the map says',
    'bob@ignored.test',
    0,
    [
      '  own domains      no',
      '  ignored domains  yes',
      'Route: clear net, as if onionmx were not there: the configuration ignores it',
      'Postfix gets: not found (the configuration ignores it)',
    ],
  ],
  [
    'the map, with the place in the file',
    'bob@map.test',
    0,
    [
      ...notListed,
      `  map              ${one}:25 (FOLDER/map.yml:1:66)`,
      'Route: over the onion, on the evidence "pinned"; exchangers, the preferred first:',
      `  ${one}:25, priority 0, weight 0`,
      `Postfix gets: onion:unix:onionmx/${one}`,
    ],
  ],
  [
    'DNS without DNSSEC; a domain in place of an address',
    'Plain.Test.',
    0,
    [
      ...notCertain,
      `  dns              ${one}:25 priority 0 weight 0 (not DNSSEC-validated; TTL 300 s; resolver RESOLVER)`,
      'Route: over the onion, on the evidence "dns"; exchangers, the preferred first:',
      `  ${one}:25, priority 0, weight 0`,
      `Postfix gets: onion:unix:onionmx/${one}`,
    ],
  ],
  [
    'no record',
    'bob@none.test',
    0,
    [
      ...notCertain,
      '  dns              no onion mail exchanger: nxdomain (not DNSSEC-validated; TTL 120 s; resolver RESOLVER)',
      'Route: clear net, as if onionmx were not there: it publishes no _onion-mx SRV record',
      'Postfix gets: not found (it publishes no _onion-mx SRV record)',
    ],
  ],
  [
    'SERVFAIL for an unknown domain: the mail waits',
    'bob@servfail.test',
    75,
    [
      ...notCertain,
      '  dns              failed: servfail, RESOLVER: SERVFAIL (resolver RESOLVER)',
      '  memory           nothing',
      '  DNS failure      bounded: mail waits for 15 minutes from the first failure, then it takes the clear net',
      'Route: the mail waits in the queue (4.4.3): DNS failed (servfail: RESOLVER: SERVFAIL); whether there is an onion mail exchanger is not known, trying again',
      'Postfix gets: retry:4.4.3 DNS failed (servfail: RESOLVER: SERVFAIL); whether there is an onion mail exchanger is not known, trying again',
    ],
  ],
  [
    'SERVFAIL for a domain that is remembered',
    'bob@known.test',
    0,
    [
      ...notCertain,
      '  dns              failed: servfail, RESOLVER: SERVFAIL (resolver RESOLVER)',
      `  memory           ${seen}; stands until ${end} while DNS fails`,
      'Route: over the onion, on the evidence "remembered"; exchangers, the preferred first:',
      `  ${two}:25, priority 0, weight 0`,
      `Postfix gets: onion:unix:onionmx/${two}`,
    ],
  ],
  [
    'no record any more, without DNSSEC: the memory holds, and what would change that',
    'bob@gone.test',
    0,
    [
      ...notCertain,
      '  dns              no onion mail exchanger: nxdomain (not DNSSEC-validated; TTL 120 s; resolver RESOLVER)',
      `  memory           ${seen}; stands until ${end}, because the answer is not DNSSEC-validated. If the change is right: onionmx memory forget gone.test`,
      'Route: over the onion, on the evidence "remembered"; exchangers, the preferred first:',
      `  ${two}:25, priority 0, weight 0`,
      `Postfix gets: onion:unix:onionmx/${two}`,
    ],
  ],
  [
    'no record any more, with DNSSEC: that is taken',
    'bob@signed-gone.test',
    0,
    [
      ...notCertain,
      '  dns              no onion mail exchanger: nxdomain (DNSSEC-validated; TTL 120 s; resolver RESOLVER)',
      `  memory           ${seen}: the answer is DNSSEC-validated, so it is taken`,
      'Route: clear net, as if onionmx were not there: it publishes no _onion-mx SRV record',
      'Postfix gets: not found (it publishes no _onion-mx SRV record)',
    ],
  ],
  [
    'pinned in the memory: DNS is not asked',
    'bob@pinned.test',
    0,
    [
      ...notCertain,
      `  memory           ${two}:25, pinned: DNS is not asked. To undo: onionmx memory pin --unpin pinned.test`,
      'Route: over the onion, on the evidence "pinned"; exchangers, the preferred first:',
      `  ${two}:25, priority 0, weight 0`,
      `Postfix gets: onion:unix:onionmx/${two}`,
    ],
  ],
  [
    'an onion address is its own exchanger',
    `bob@mail.${one}`,
    0,
    [
      ...notListed,
      '  onion address    valid: the address is its own mail exchanger',
      'Route: over the onion, on the evidence "address"; exchangers, the preferred first:',
      `  ${one}:25, priority 0, weight 0`,
      `Postfix gets: onion:unix:onionmx/${one}`,
    ],
  ],
  [
    'an onion address of the dead kind is refused, and says why',
    'bob@4my2dd2okjr75aho.onion',
    68,
    [
      ...notListed,
      '  onion address    4my2dd2okjr75aho.onion is a version 2 onion address: those ended in October 2021',
      'Route: the mail is refused (5.1.2): 4my2dd2okjr75aho.onion is a version 2 onion address: those ended in October 2021',
      'Postfix gets: error:5.1.2 4my2dd2okjr75aho.onion is a version 2 onion address: those ended in October 2021',
    ],
  ],
  [
    'under .onion, and no domain name at all',
    'bob@a_b.onion',
    68,
    ['Postfix gets: error:5.1.2 "a_b.onion" is no domain name: the label "a_b" is not allowed'],
  ],
  ['nonsense', 'what is this', 0, ['Postfix gets: not found (it holds no domain)']],
  ['an IP address', 'bob@[192.0.2.1]', 0, ['Postfix gets: not found (it is an IP address)']],
  ['nothing', '', 0, ['Postfix gets: not found (it is the empty address)']],
];
for (const [why, key, code, lines] of answers) {
  test(why, async (t) => {
    const { run } = await prepare(t);
    const result = await run(key);
    assert.deepEqual([result.text.split('\n'), result.code], [[key, ...lines, ''], code]);
  });
}

test('DNS with DNSSEC: TTL, resolver, and each exchanger in its order', async (t) => {
  const { run } = await prepare(t);
  const { code, text } = await run('bob@dns.test');
  assert.equal(code, 0);
  assert.match(text, / {2}dns .*\(DNSSEC-validated; TTL 77 s; resolver RESOLVER\)\n/);
  assert.match(text, /on the evidence "dnssec"; exchangers, the preferred first:\n/);
  assert.ok(
    text.includes(`:\n  ${one}:25, priority 10, weight 0\n  ${two}:2525, priority 20, weight 7\nPostfix`),
  );
  assert.match(text, new RegExp(`^Postfix gets: onion:unix:onionmx/${one}-[0-9a-z]{12}$`, 'm'));
});

test('as JSON: the key, the steps, the route and the answer', async (t) => {
  const { run } = await prepare(t);
  const { code, text } = await run('bob@known.test', true);
  assert.equal(code, 0);
  const { key, steps, route, answer, ...rest } = JSON.parse(text);
  assert.deepEqual([key, rest], ['bob@known.test', {}]);
  assert.deepEqual(steps.at(-1), {
    asked: 'memory',
    answer: `${seen}; stands until ${end} while DNS fails`,
  });
  assert.deepEqual(route, { kind: 'onion', exchangers: [makeExchanger(2)], evidence: 'remembered' });
  assert.deepEqual(answer, { kind: 'found', value: `onion:unix:onionmx/${two}` });
});

test('as JSON: what has no domain has no steps and no route', async (t) => {
  const { run } = await prepare(t);
  assert.deepEqual(JSON.parse((await run('*', true)).text), {
    key: '*',
    steps: [],
    route: null,
    answer: { kind: 'not-found', reason: 'the key "*" stands for all mail, which is never taken' },
  });
});

test('each question goes to DNS once, and a name under .onion never', async (t) => {
  const { run, dns } = await prepare(t);
  for (const key of ['bob@dns.test', `bob@${one}`, 'bob@abc.onion', 'bob@a_b.onion']) await run(key);
  assert.deepEqual(
    dns.asked.map(({ name }) => name),
    [published],
  );
});

test('a broken map is an error with its place', async (t) => {
  const { run, folder } = await prepare(t);
  writeFileSync(join(folder, 'map.yml'), 'a.test: []\n');
  await assert.rejects(run('bob@map.test'), { code: 'map-invalid', message: /map\.yml:1:9: / });
});

test('nothing on disk changes, also where the service would remember or forget', async (t) => {
  const { run, folder, config } = await prepare(t);
  const read = () =>
    [...known, 'pinned.test'].map((name) =>
      readFileSync(join(memoryFolderOf(config), `${name}.json`), 'utf8'),
    );
  const before = [readdirSync(folder, { recursive: true }), read()];
  for (const key of [
    'bob@dns.test',
    'bob@gone.test',
    'bob@signed-gone.test',
    'bob@known.test',
    'bob@map.test',
  ])
    await run(key);
  assert.deepEqual([readdirSync(folder, { recursive: true }), read()], before);
});

test('a memory that cannot be understood is left to the service', async (t) => {
  const { run, config } = await prepare(t);
  const file = join(memoryFolderOf(config), 'none.test.json');
  writeFileSync(file, '[]');
  assert.equal((await run('bob@none.test')).code, 0);
  assert.equal(readFileSync(file, 'utf8'), '[]');
});
