import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../src/errors.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import type { Exchanger, ExchangerSet } from '../../src/protocol/exchanger.ts';
import type { OnionAddress } from '../../src/protocol/onion-address.ts';
import { createRouter, type RouterSources } from '../../src/routing/router.ts';
import type { SrvAnswer } from '../../src/routing/dns/srv-discovery.ts';
import { makeExchanger, makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { createFakeMemory } from './memory/fake-memory.ts';

const answered = { ignored: [], authenticated: false, ttlSeconds: 60, resolver: '127.0.0.1:53', chain: [] };
const found: SrvAnswer = { kind: 'found', exchangers: [makeExchanger(1)], ...answered };
const none: SrvAnswer = { kind: 'none', why: 'nxdomain', ...answered };
const failed: SrvAnswer = { kind: 'failed', why: 'timeout', detail: 'no answer', resolver: '127.0.0.1:53' };

const validated = { authenticated: true } as const;
const dayMs = 86_400_000;

function setUp(change: Partial<RouterSources> = {}) {
  const asked: string[] = [];
  const memory = createFakeMemory();
  const world = { answer: none, nowMs: 0 };
  const log = createRecordingLog();
  const router = createRouter({
    ownDomains: [parseDomainName('own.test')],
    ownOnions: async () => [],
    ignoredDomains: [parseDomainName('ignored.test')],
    map: {
      find: (domain) =>
        domain === 'mapped.test' ? { exchangers: [makeExchanger(7)], place: 'map.yml:3:1' } : undefined,
    },
    discover: async (domain) => {
      asked.push(domain);
      return world.answer;
    },
    memory,
    enough: () => 'dns',
    askPolicy: async () => ({ kind: 'none' }),
    lookForEvidence: () => {},
    keepMs: 30 * dayMs,
    onFailure: () => 'bounded',
    deferMs: 900_000,
    now: () => world.nowMs,
    clock: () => world.nowMs,
    log,
    ...change,
  });
  const route = (domain: string) => router.route(parseDomainName(domain));
  return { route, asked, world, log, remembered: memory.remembered };
}

test('own and ignored domains go the clear way, and DNS is not asked', async () => {
  const { route, asked } = setUp();
  assert.deepEqual((await route('own.test')).steps, [{ asked: 'own domains', answer: 'yes' }]);
  assert.equal((await route('ignored.test')).route.kind, 'clearnet');
  assert.deepEqual(asked, []);
});

test('the map wins over DNS, which is not asked', async () => {
  const { route, asked } = setUp();
  const decision = await route('mapped.test');
  assert.equal(decision.route.kind === 'onion' && decision.route.evidence, 'pinned');
  assert.match(decision.steps.at(-1)?.answer ?? '', /map\.yml:3:1/);
  assert.deepEqual(asked, []);
});

for (const name of [makeOnionAddress(5), `a.${makeOnionAddress(5)}`, 'bad.onion', 'onion', 'x.bad.onion']) {
  test(`DNS is never asked for ${name} (RFC 7686)`, async () => {
    const { route, asked } = setUp();
    const { kind } = (await route(name)).route;
    assert.ok(kind === 'onion' || kind === 'reject');
    assert.deepEqual(asked, []);
  });
}

// own onion addresses

const [ours, oursListed, theirs] = [makeExchanger(11), makeExchanger(12), makeExchanger(13)];

/** `ours` is known from its folder, `oursListed` from the configuration. */
function setUpOurs(change: Partial<RouterSources> = {}) {
  return setUp({
    ownDomains: [parseDomainName('own.test'), parseDomainName(oursListed.onionAddress)],
    ownOnions: async () => [ours.onionAddress],
    ...change,
  });
}

for (const { onionAddress } of [ours, oursListed]) {
  for (const name of [
    onionAddress,
    onionAddress.toUpperCase(),
    `mail.${onionAddress}`,
    `a.b.${onionAddress}`,
  ]) {
    test(`mail for an own onion address stays here: ${name}`, async () => {
      const { route, asked } = setUpOurs();
      assert.deepEqual(await route(name), {
        route: { kind: 'clearnet', reason: 'it is the address of an own onion service: mail stays here' },
        steps: [{ asked: 'own domains', answer: 'yes' }],
      });
      assert.deepEqual(asked, []);
    });
  }
}

test('an address that tor has only now made is own from now on', async () => {
  const addresses: OnionAddress[] = [];
  const { route } = setUp({ ownOnions: async () => addresses });
  assert.equal((await route(ours.onionAddress)).route.kind, 'onion');
  addresses.push(ours.onionAddress);
  assert.equal((await route(ours.onionAddress)).route.kind, 'clearnet');
});

test('the onion addresses of others go out as before', async () => {
  const { route } = setUpOurs();
  assert.equal((await route(theirs.onionAddress)).route.kind, 'onion');
});

const prefer = (exchanger: Exchanger, priority: number): Exchanger => ({ ...exchanger, priority });
const sets: readonly [why: string, set: ExchangerSet, used: ExchangerSet | undefined][] = [
  ['we are not among them', [prefer(theirs, 10)], [prefer(theirs, 10)]],
  ['we alone', [ours], undefined],
  ['we alone, listed', [oursListed], undefined],
  ['we are the best', [prefer(ours, 10), prefer(theirs, 20)], undefined],
  ['we are as good as another', [prefer(ours, 10), prefer(theirs, 10)], undefined],
  ['we are the second', [prefer(theirs, 10), prefer(ours, 20)], [prefer(theirs, 10)]],
  [
    'with two of ours, the better one counts',
    [prefer(theirs, 10), prefer(ours, 20), prefer(makeExchanger(14), 25), prefer(oursListed, 30)],
    [prefer(theirs, 10)],
  ],
];
for (const source of ['dns', 'map', 'memory'] as const) {
  for (const [why, exchangers, used] of sets) {
    test(`no mail comes back to us by the ${source} (RFC 5321 §5.1): ${why}`, async () => {
      const place = 'map.yml:1:1';
      const { route, world } = setUpOurs(
        source === 'map' ? { map: { find: () => ({ exchangers, place }) } } : {},
      );
      world.answer = { ...found, exchangers };
      if (source === 'memory') {
        await route('peer.test');
        world.answer = failed;
      }
      const { route: decided } = await route('peer.test');
      assert.deepEqual(decided.kind === 'onion' ? decided.exchangers : undefined, used);
      if (used === undefined) assert.equal(decided.kind, 'clearnet');
    });
  }
}

test('a name without a dot is not asked of DNS', async () => {
  const { route, asked } = setUp();
  assert.equal((await route('localhost')).route.kind, 'clearnet');
  assert.deepEqual(asked, []);
});

test('what DNS said is remembered for the time when it fails', async () => {
  const { route, world } = setUp();
  world.answer = found;
  await route('peer.test');
  world.answer = failed;
  const decision = await route('peer.test');
  assert.equal(decision.route.kind === 'onion' && decision.route.evidence, 'dns');
  assert.deepEqual(
    decision.steps.map(({ asked }) => asked),
    ['own domains', 'ignored domains', 'map', 'dns', 'memory', 'trust'],
  );
});

test('a domain that says by DNSSEC that it has no onion is forgotten', async () => {
  const { route, world } = setUp();
  for (const answer of [found, { ...none, ...validated }, failed]) {
    world.answer = answer;
    await route('peer.test');
  }
  assert.equal((await route('peer.test')).route.kind, 'defer');
});

for (const lie of [none, { ...found, exchangers: [makeExchanger(2)] } as const]) {
  test(`an answer that anybody could have forged does not move mail: ${lie.kind}`, async () => {
    const { route, world, log } = setUp();
    world.answer = found;
    await route('peer.test');
    world.answer = lie;
    for (let times = 0; times < 3; times++) {
      const decision = await route('peer.test');
      assert.deepEqual(decision.route, {
        kind: 'onion',
        exchangers: [makeExchanger(1)],
        evidence: 'dns',
      });
      const step = decision.steps.at(-2);
      assert.equal(step?.asked, 'memory');
      assert.match(step.answer, /stands until 1970-01-31T00:00Z, .*onionmx memory forget peer\.test$/);
    }
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    assert.equal(warnings.length, 1);
    const { remembered, dns, hint, until } = warnings[0]?.fields ?? {};
    assert.match(String(remembered), new RegExp(makeOnionAddress(1)));
    assert.match(String(dns), lie.kind === 'found' ? new RegExp(makeOnionAddress(2)) : /nxdomain/);
    assert.match(String(hint), /`onionmx memory show peer\.test`.*`onionmx memory forget peer\.test`/);
    assert.equal(until, '1970-01-31T00:00Z');
    world.nowMs = 30 * dayMs;
    const over = await route('peer.test');
    if (lie.kind === 'found')
      assert.deepEqual(over.route, { kind: 'onion', exchangers: lie.exchangers, evidence: 'dns' });
    else assert.equal(over.route.kind, 'clearnet');
    assert.match(over.steps.find(({ asked }) => asked === 'memory')?.answer ?? '', /its time is over/);
    assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 2, 'not in silence');
  });
}

test('a pinned domain goes where it is pinned to, and DNS is not asked', async () => {
  const { route, asked, remembered } = setUp();
  const times = { firstSeenMs: 0, lastSeenMs: 0 };
  const entry = { exchangers: [makeExchanger(1)], isPinned: true, ...times } as const;
  remembered.set(parseDomainName('peer.test'), entry);
  const decision = await route('peer.test');
  assert.deepEqual(decision.route, { kind: 'onion', exchangers: [makeExchanger(1)], evidence: 'pinned' });
  assert.match(decision.steps.at(-2)?.answer ?? '', /pinned: .*onionmx memory pin --unpin peer\.test$/);
  assert.deepEqual(decision.steps.at(-1), { asked: 'trust', answer: 'the evidence "pinned" is enough' });
  assert.deepEqual(asked, []);
});

const unreadable = () =>
  Promise.reject(new OnionmxError('state-folder', 'cannot use the state folder /x: EIO'));

test('while the memory cannot be read, mail waits: DNS alone could be forged', async () => {
  const { route, log } = setUp({ memory: { find: unreadable, revise: unreadable } });
  const decision = await route('peer.test');
  assert.deepEqual(decision.route, {
    kind: 'defer',
    status: '4.3.5',
    reason: 'cannot use the state folder /x: EIO',
  });
  assert.equal(log.lines[0]?.level, 'error');
});

test('what a DNS failure means for an unknown domain is told, and is a setting for each domain', async () => {
  const { route, world, log } = setUp({
    onFailure: (domain) => (domain === 'open.test' ? 'clearnet' : 'defer'),
  });
  world.answer = failed;
  world.nowMs = 30 * dayMs;
  const waits = await route('peer.test');
  assert.equal(waits.route.kind, 'defer');
  assert.deepEqual(waits.steps.slice(-2), [
    { asked: 'memory', answer: 'nothing' },
    { asked: 'DNS failure', answer: 'defer: mail waits as long as DNS fails' },
  ]);
  assert.equal((await route('open.test')).route.kind, 'clearnet');
  assert.equal(log.lines.at(-1)?.level, 'warn');
});

test('the clear net after a long DNS failure is a warning; an answer in between starts the time anew', async () => {
  const { route, world, log } = setUp();
  world.answer = failed;
  assert.equal((await route('peer.test')).route.kind, 'defer');
  world.nowMs = 900_000;
  assert.equal((await route('peer.test')).route.kind, 'clearnet');
  assert.deepEqual(
    log.lines.map(({ level }) => level),
    ['info', 'warn'],
  );
  world.answer = none;
  await route('peer.test');
  world.answer = failed;
  assert.equal((await route('peer.test')).route.kind, 'defer');
});
