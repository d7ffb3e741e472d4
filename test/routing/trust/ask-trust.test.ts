import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import type { DnsWord } from '../../../src/routing/ask-dns-and-memory.ts';
import { askTrust, type TrustSources } from '../../../src/routing/trust/ask-trust.ts';
import type { Evidence } from '../../../src/routing/evidence.ts';
import type { EvidenceQuestion } from '../../../src/routing/trust/look-for-evidence.ts';
import type { MemoryEntry } from '../../../src/routing/memory/memory-entry.ts';
import type { TlsPolicy } from '../../../src/routing/tls-policy/tls-policy.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { createFakeMemory } from '../memory/fake-memory.ts';
import { keepMs, makeEntry, startMs } from '../memory/made-up-memory.ts';

const domain = parseDomainName('a.test');
const [good, evil] = [makeExchanger(1), makeExchanger(6)];
const none: TlsPolicy = { kind: 'none' };
const mtaSts: TlsPolicy = { kind: 'mta-sts', mxNames: ['mx.a.test'], source: 'its MTA-STS policy' };
const dane: TlsPolicy = { kind: 'dane', source: 'TLSA records of mx.a.test' };
const down: TlsPolicy = { kind: 'unknown', why: 'the policy daemon does not answer' };

interface World {
  policy: TlsPolicy;
  nowMs: number;
}

function setUp(known: MemoryEntry | undefined, change: Partial<TrustSources> = {}) {
  const world: World = { policy: none, nowMs: 0 };
  const log = createRecordingLog();
  const memory = createFakeMemory();
  if (known !== undefined) memory.remembered.set(domain, known);
  const questions: EvidenceQuestion[] = [];
  const asked: string[] = [];
  const judge = askTrust({
    enough: () => 'dns',
    askPolicy: async (name) => {
      asked.push(name);
      return world.policy;
    },
    lookForEvidence: (question) => void questions.push(question),
    memory,
    keepMs,
    onFailure: () => 'bounded',
    deferMs: 900_000,
    now: () => world.nowMs,
    clock: () => startMs,
    log,
    ...change,
  });
  const ask = async (evidence: Evidence, word: Partial<DnsWord> = {}) => {
    const entry = memory.remembered.get(domain);
    const route = { kind: 'onion', exchangers: entry?.exchangers ?? [good], evidence } as const;
    const decision = await judge(domain, {
      route,
      steps: [],
      named: [good],
      entry,
      isFleeting: false,
      ...word,
    });
    return { ...decision, kind: decision.route.kind, said: decision.steps.at(-1)?.answer ?? '' };
  };
  const kept = () => memory.remembered.get(domain)?.policy;
  return { ask, world, log, questions, asked, kept };
}

test('what is no onion route is not judged', async () => {
  const { ask, asked } = setUp(undefined);
  const route = { kind: 'clearnet', reason: 'none' } as const;
  assert.deepEqual((await ask('dns', { route })).route, route);
  assert.deepEqual(asked, []);
});

test('without DANE and MTA-STS a plain answer will do; which that was is kept, once', async () => {
  const { ask, kept, log } = setUp(makeEntry(1));
  const { kind, said } = await ask('dns');
  assert.equal(kind, 'onion');
  assert.match(
    said,
    /^the evidence "dns" is enough: .*\. More evidence: .*\(proved\), .*\(dnssec\), or .*\(pinned\)$/,
  );
  assert.equal(kept(), 'none');
  assert.deepEqual(log.lines, []);
});

test('what was looked at and found is told', async () => {
  const check = { atMs: startMs, found: ['by HTTPS: there is no such file', 'by DNS: nothing'] };
  const { said } = await setUp(makeEntry(1, { check })).ask('dns');
  assert.match(
    said,
    /\. Looked at 2026-01-01T00:00Z: by HTTPS: there is no such file; by DNS: nothing\. More/,
  );
});

for (const policy of [mtaSts, dane]) {
  test(`attack: a forged SRV record for a domain with ${policy.kind}: clear net, under the policy`, async () => {
    const { ask, world, log, questions } = setUp(makeEntry(6));
    world.policy = policy;
    const { route } = await ask('dns', { named: [evil] });
    assert.equal(route.kind, 'clearnet');
    await ask('dns', { named: [evil] });
    assert.deepEqual(
      log.lines.map(({ level, event }) => [level, event]),
      [['info', 'a domain has an onion, but too little evidence of it: mail takes the clear net']],
      'said once',
    );
    assert.deepEqual(
      questions[0]?.certificateNames,
      policy === mtaSts ? ['a.test', 'mx.a.test'] : ['a.test'],
    );
  });
}

for (const evidence of ['certificate', 'dnssec', 'proved', 'pinned'] as const) {
  test(`with "${evidence}" the onion is as good as the policy`, async () => {
    const { ask, world } = setUp(makeEntry(1));
    world.policy = mtaSts;
    assert.equal((await ask(evidence)).kind, 'onion');
  });
}

test('the policy is not asked for where it cannot matter', async () => {
  const { ask, asked } = setUp(makeEntry(1));
  for (const evidence of ['pinned', 'proved', 'dnssec'] as const) await ask(evidence);
  assert.deepEqual(asked, []);
});

// nobody can say

/** What was known last of the policy, and where mail goes while nobody can say; at once, and after a quarter of an hour. */
const rows: readonly [
  why: string,
  evidence: Evidence,
  known: MemoryEntry | undefined,
  atOnce: string,
  later: string,
][] = [
  ['none: the remembered route holds', 'remembered', makeEntry(1, { policy: 'none' }), 'onion', 'onion'],
  [
    'MTA-STS: clear net, under the policy',
    'remembered',
    makeEntry(1, { policy: 'mta-sts' }),
    'clearnet',
    'clearnet',
  ],
  ['DANE: clear net, under the policy', 'dns', makeEntry(1, { policy: 'dane' }), 'clearnet', 'clearnet'],
  [
    'MTA-STS, and the evidence is as good',
    'certificate',
    makeEntry(1, { policy: 'mta-sts' }),
    'onion',
    'onion',
  ],
  ['nothing: mail waits, for a time', 'dns', makeEntry(1), 'defer', 'clearnet'],
  ['nothing, and nothing is remembered', 'dns', undefined, 'defer', 'clearnet'],
];
for (const [why, evidence, known, atOnce, later] of rows) {
  test(`attack: the TLS policy is blocked, or its daemon is down. Last known: ${why}`, async () => {
    const { ask, world, kept } = setUp(known);
    world.policy = down;
    assert.equal((await ask(evidence)).kind, atOnce);
    world.nowMs = 900_000;
    assert.equal((await ask(evidence)).kind, later);
    assert.equal(kept(), known?.policy, 'what was known stays');
  });
}

test('the operator decides for each domain what a failure means', async () => {
  for (const onFailure of ['defer', 'clearnet'] as const) {
    const { ask, world } = setUp(makeEntry(1), { onFailure: () => onFailure });
    world.policy = down;
    await ask('dns');
    world.nowMs = 10 ** 9;
    assert.equal((await ask('dns')).kind, onFailure);
  }
});

test('an answer in between begins the time anew, and the log says each change once', async () => {
  const { ask, world, log } = setUp(undefined);
  world.policy = down;
  assert.equal((await ask('dns')).kind, 'defer');
  world.nowMs = 900_000;
  for (const minutes of [15, 16, 17]) {
    world.nowMs = minutes * 60_000;
    assert.equal((await ask('dns')).kind, 'clearnet');
  }
  world.policy = none;
  assert.equal((await ask('dns')).kind, 'onion');
  world.policy = down;
  assert.equal((await ask('dns')).kind, 'defer');
  assert.deepEqual(
    log.lines.map(({ level, event }) => [level, event.split(': ').at(-1)]),
    [
      ['info', 'mail waits'],
      ['info', 'mail takes the clear net'],
      ['info', 'mail waits'],
    ],
  );
});

test('a policy that has changed is kept', async () => {
  const { ask, world, kept } = setUp(makeEntry(1, { policy: 'none' }));
  world.policy = dane;
  await ask('dns');
  assert.equal(kept(), 'dane');
});

test('with keepDays 0 nothing is kept of the policy either', async () => {
  const { ask, kept } = setUp(undefined, { keepMs: 0 });
  assert.equal((await ask('dns')).kind, 'onion');
  assert.equal(kept(), undefined);
});

// what the operator asks for

test('less than is asked for takes the clear net, and says so', async () => {
  const { ask, log, questions } = setUp(makeEntry(1), {
    enough: (name) => (name === domain ? 'proved' : 'dns'),
  });
  const { kind, said } = await ask('dnssec');
  assert.equal(kind, 'clearnet');
  assert.match(said, /^the evidence "dnssec" is less than "proved", which the setting trust asks for\. /);
  assert.equal(log.lines[0]?.fields['evidence'], 'dnssec');
  assert.equal(questions.length, 1, 'it is looked for');
  assert.equal((await ask('proved')).kind, 'onion');
});
