import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { memoryFolderOf } from '../../src/commands/state-paths.ts';
import { makeExchanger } from '../made-up-onions.ts';
import {
  end,
  known,
  one,
  prepareLookup,
  published,
  seen,
  seenLong,
  seenMs,
  time,
  two,
} from './made-up-lookup.ts';

const notListed = ['  own domains      no', '  ignored domains  no'];
const notCertain = [...notListed, '  map              no entry'];
const more =
  'More evidence: its operator publishes a proof (proved), its zone is signed (dnssec), or you put it into your map (pinned)';
const trust = (evidence: string) =>
  `  trust            the evidence "${evidence}" is enough: the clear net would not authenticate its mail servers either (no DANE, no MTA-STS). ${more}`;

const better =
  'MTA-STS authenticates its mail servers on the clear net (its MTA-STS policy, which is not known yet); the evidence "dns" is less than that';
const unknown =
  'whether it has DANE or MTA-STS cannot be found out (whether it has MTA-STS: RESOLVER: SERVFAIL)';
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
      trust('dns'),
      'Route: over the onion, on the evidence "dns"; exchangers, the preferred first:',
      `  ${one}:25, priority 0, weight 0`,
      `Postfix gets: onion:unix:onionmx/${one}`,
    ],
  ],
  [
    'a plain answer for a domain with MTA-STS, whose policy is not known yet: clear net',
    'bob@sts.test',
    0,
    [
      ...notCertain,
      `  dns              ${one}:25 priority 0 weight 0 (not DNSSEC-validated; TTL 300 s; resolver RESOLVER)`,
      `  trust            ${better}. ${more}`,
      `Route: clear net, as if onionmx were not there: ${better}`,
      `Postfix gets: not found (${better})`,
    ],
  ],
  [
    'whether the clear net would do better is not known: the mail waits',
    'bob@dark.test',
    75,
    [
      ...notCertain,
      `  dns              ${one}:25 priority 0 weight 0 (not DNSSEC-validated; TTL 300 s; resolver RESOLVER)`,
      `  trust            ${unknown}. ${more}`,
      `Route: the mail waits in the queue (4.4.3): ${unknown}; an onion on less evidence must not take its place, trying again`,
      `Postfix gets: retry:4.4.3 ${unknown}; an onion on less evidence must not take its place, trying again`,
    ],
  ],
  [
    'a domain and its onion name each other; what was looked at',
    'bob@trusted.test',
    0,
    [
      ...notCertain,
      `  dns              ${two}:25 priority 0 weight 0 (not DNSSEC-validated; TTL 300 s; resolver RESOLVER)`,
      '  memory           the same exchangers',
      `  trust            the evidence "proved" is enough. Looked at ${time(seenMs)}: by HTTPS: one proof`,
      'Route: over the onion, on the evidence "proved"; exchangers, the preferred first:',
      `  ${two}:25, priority 0, weight 0`,
      `Postfix gets: onion:unix:onionmx/${two}`,
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
      trust('dns'),
      'Route: over the onion, on the evidence "dns"; exchangers, the preferred first:',
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
      `  memory           ${seenLong}; stands until ${end}, because the answer is not DNSSEC-validated. If the change is right: onionmx memory forget gone.test`,
      trust('remembered'),
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
      '  trust            the evidence "pinned" is enough',
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
    const { run } = await prepareLookup(t);
    const result = await run(key);
    assert.deepEqual([result.text.split('\n'), result.code], [[key, ...lines, ''], code]);
  });
}

test('DNS with DNSSEC: TTL, resolver, and each exchanger in its order', async (t) => {
  const { run } = await prepareLookup(t);
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
  const { run } = await prepareLookup(t);
  const { code, text } = await run('bob@known.test', true);
  assert.equal(code, 0);
  const { key, steps, route, answer, ...rest } = JSON.parse(text);
  assert.deepEqual([key, rest], ['bob@known.test', {}]);
  assert.deepEqual(steps.at(-2), {
    asked: 'memory',
    answer: `${seen}; stands until ${end} while DNS fails`,
  });
  assert.equal(steps.at(-1).asked, 'trust');
  assert.deepEqual(route, { kind: 'onion', exchangers: [makeExchanger(2)], evidence: 'dns' });
  assert.deepEqual(answer, { kind: 'found', value: `onion:unix:onionmx/${two}` });
});

test('as JSON: what has no domain has no steps and no route', async (t) => {
  const { run } = await prepareLookup(t);
  assert.deepEqual(JSON.parse((await run('*', true)).text), {
    key: '*',
    steps: [],
    route: null,
    answer: { kind: 'not-found', reason: 'the key "*" stands for all mail, which is never taken' },
  });
});

test('each question goes to DNS once, and a name under .onion never', async (t) => {
  const { run, dns } = await prepareLookup(t);
  for (const key of ['bob@dns.test', `bob@${one}`, 'bob@abc.onion', 'bob@a_b.onion']) await run(key);
  assert.deepEqual(
    dns.asked.map(({ name }) => name),
    [published],
  );
});

test('a broken map is an error with its place', async (t) => {
  const { run, folder } = await prepareLookup(t);
  writeFileSync(join(folder, 'map.yml'), 'a.test: []\n');
  await assert.rejects(run('bob@map.test'), { code: 'map-invalid', message: /map\.yml:1:9: / });
});

test('nothing on disk changes, also where the service would remember or forget', async (t) => {
  const { run, folder, config } = await prepareLookup(t);
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
  const { run, config } = await prepareLookup(t);
  const file = join(memoryFolderOf(config), 'none.test.json');
  writeFileSync(file, '[]');
  assert.equal((await run('bob@none.test')).code, 0);
  assert.equal(readFileSync(file, 'utf8'), '[]');
});
