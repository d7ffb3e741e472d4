import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { formatExchanger } from '../../../src/protocol/exchanger.ts';
import {
  type CertificateLook,
  createEvidenceSeeker,
  type EvidenceQuestion,
} from '../../../src/routing/trust/look-for-evidence.ts';
import type { PublishedProof, PublishedProofs } from '../../../src/routing/trust/published-proofs.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { createFakeMemory } from '../memory/fake-memory.ts';
import { keepMs, makeEntry, startMs } from '../memory/made-up-memory.ts';

const hour = 3_600_000;
const domain = parseDomainName('a.test');
const [good, second, evil] = [makeExchanger(1), makeExchanger(2), makeExchanger(6)];

const silent: PublishedProofs['places']['https'] = { kind: 'none', said: 'there is no such file' };
const nothing: PublishedProofs = { proofs: [], refused: [], places: { https: silent, dns: silent } };
const proofOf = (number: number, change: Partial<PublishedProof> = {}): PublishedProof => ({
  onionAddress: makeExchanger(number).onionAddress,
  ports: [25],
  issuedSeconds: startMs / 1000 - 60,
  expiresSeconds: startMs / 1000 + 365 * 86_400,
  by: 'https',
  ...change,
});
const publish = (...proofs: readonly PublishedProof[]): PublishedProofs => ({ ...nothing, proofs });
const shows: CertificateLook = { isGood: true, found: 'shows a certificate for a.test' };
const lacks: CertificateLook = { isGood: false, found: 'shows a certificate for b.test' };
const silentExchanger: CertificateLook = { isGood: undefined, found: 'does not answer' };

const question: EvidenceQuestion = {
  domain,
  named: [good],
  exchangers: [good],
  certificateNames: [],
  areAllNames: true,
};

function setUp(entry = makeEntry(1), keepFor = keepMs) {
  const world = { published: nothing, looks: new Map<string, CertificateLook>(), nowMs: 0 };
  const log = createRecordingLog();
  const memory = createFakeMemory();
  memory.remembered.set(domain, entry);
  const asked: string[] = [];
  const look = createEvidenceSeeker({
    fetchProofs: async (name) => {
      asked.push(name);
      return world.published;
    },
    lookAtCertificate: async (exchanger, names) => {
      asked.push(`${formatExchanger(exchanger)} ${names.join(' ')}`);
      return world.looks.get(formatExchanger(exchanger)) ?? silentExchanger;
    },
    memory,
    keepMs: keepFor,
    now: () => world.nowMs,
    clock: () => startMs,
    log,
  });
  const seek = async (change: Partial<EvidenceQuestion> = {}) => {
    look({ ...question, ...change });
    await new Promise((resolve) => setImmediate(resolve));
    return memory.remembered.get(domain);
  };
  const show = (exchanger: typeof good, shown: CertificateLook) =>
    void world.looks.set(formatExchanger(exchanger), shown);
  const told = () => log.lines.map(({ level, event }) => [level, event.slice(0, 40)]);
  return { seek, show, world, log, told, asked, memory };
}

test('nobody waits: what is found comes into the memory later', async () => {
  const { seek, world, memory } = setUp();
  world.published = publish(proofOf(1));
  const seeking = seek();
  assert.equal(memory.remembered.get(domain)?.shown, undefined);
  assert.equal((await seeking)?.shown?.evidence, 'proved');
});

test('nothing is found: that is written down, and no news', async () => {
  const { seek, told } = setUp();
  const entry = await seek();
  assert.equal(entry?.shown, undefined);
  assert.deepEqual(entry?.check, {
    atMs: startMs,
    found: ['by HTTPS: there is no such file', 'by DNS: there is no such file'],
  });
  assert.deepEqual(told(), [['debug', 'evidence of an onion was looked for']]);
});

for (const [why, proofs, untilMs] of [
  ['until it would have to be found again', [proofOf(1)], startMs + keepMs],
  ['until it expires', [proofOf(1, { expiresSeconds: startMs / 1000 + 60 })], startMs + 60_000],
  [
    'until the first of several expires',
    [proofOf(2, { expiresSeconds: startMs / 1000 + 60 }), proofOf(1, { by: 'dns' })],
    startMs + 60_000,
  ],
] as const) {
  test(`a proof counts ${why}`, async () => {
    const { seek, world, told } = setUp();
    world.published = publish(...proofs);
    assert.deepEqual((await seek())?.shown, { evidence: 'proved', untilMs });
    assert.deepEqual(told(), [['info', 'a domain and its onion name each other, ']]);
  });
}

test('attack: a proof for another domain, or one that is over, is said and counts for nothing', async () => {
  const { seek, world } = setUp();
  const error = new OnionmxError('proof-wrong-domain', 'it is for other.test');
  world.published = { ...nothing, refused: [{ by: 'https', error }] };
  const entry = await seek();
  assert.equal(entry?.shown, undefined);
  assert.equal(entry?.check?.found.at(-1), 'a proof does not hold (https): it is for other.test');
});

test('attack: the first contact was forged; then the proof of the domain names its own onion', async () => {
  const { seek, world, log } = setUp(makeEntry(6));
  world.published = publish(proofOf(1));
  const entry = await seek({ named: [evil], exchangers: [evil] });
  assert.deepEqual(entry?.exchangers, [good]);
  assert.deepEqual(entry?.doubt?.says, [evil]);
  const [line, ...others] = log.lines;
  assert.deepEqual([line?.level, others], ['warn', []]);
  assert.match(line?.event ?? '', /publishes no proof: mail goes to those that it has proved$/);
  assert.deepEqual(line?.fields['dns'], [formatExchanger(evil)]);
  assert.deepEqual(line?.fields['proved'], [formatExchanger(good)]);
  assert.match(String(line?.fields['hint']), /`onionmx memory show a\.test`/);
});

test('certificates are looked at where that is asked, of each exchanger; all have to be good', async () => {
  const { seek, show, asked, told } = setUp(makeEntry(1, { exchangers: [good, second] }));
  const both = {
    named: [good, second],
    exchangers: [good, second],
    certificateNames: ['a.test', 'mx.a.test'],
  } as const;
  show(good, shows);
  assert.equal((await seek(both))?.shown, undefined, 'one of them does not answer');
  show(second, shows);
  const again = { ...both, certificateNames: ['a.test'] };
  assert.deepEqual((await seek(again))?.shown, { evidence: 'certificate', untilMs: startMs + keepMs });
  assert.deepEqual(asked.slice(0, 3), [
    'a.test',
    `${formatExchanger(good)} a.test mx.a.test`,
    `${formatExchanger(second)} a.test mx.a.test`,
  ]);
  assert.deepEqual(told().at(-1), ['info', 'the exchangers of a domain show certific']);
});

test('attack: an onion of the attacker beside a good one gains nothing from its certificate', async () => {
  const exchangers = [good, evil] as const;
  const { seek, show, log } = setUp(makeEntry(1, { exchangers }));
  show(good, shows);
  show(evil, lacks);
  assert.equal(
    (await seek({ named: exchangers, exchangers, certificateNames: ['a.test'] }))?.shown,
    undefined,
  );
  assert.equal(log.lines[0]?.level, 'warn');
});

const certified = makeEntry(1, { shown: { evidence: 'certificate', untilMs: startMs + keepMs } });

test('attack: another certificate than before: the evidence is gone, with one warning', async () => {
  const { seek, show, world, log } = setUp(certified);
  show(good, lacks);
  assert.equal((await seek({ certificateNames: ['a.test'] }))?.shown, undefined);
  world.nowMs += hour;
  await seek({ certificateNames: ['a.test'] });
  assert.deepEqual(
    log.lines.map(({ level }) => level),
    ['warn'],
  );
  assert.match(log.lines[0]?.event ?? '', /shows no certificate for it/);
});

test('another certificate is no wrong one while the names of the policy are not known', async () => {
  const { seek, show, told } = setUp(certified);
  show(good, lacks);
  const entry = await seek({ certificateNames: ['a.test'], areAllNames: false });
  assert.equal(entry?.shown?.evidence, 'certificate');
  assert.deepEqual(told(), [['debug', 'evidence of an onion was looked for']]);
});

test('an exchanger that does not answer loses nothing', async () => {
  const { seek } = setUp(certified);
  assert.equal((await seek({ certificateNames: ['a.test'] }))?.shown?.evidence, 'certificate');
});

test('no certificate is looked at where a proof is', async () => {
  const { seek, world, asked } = setUp();
  world.published = publish(proofOf(1));
  await seek({ certificateNames: ['a.test'] });
  assert.deepEqual(asked, ['a.test']);
});

// how often

const torDown = new OnionmxError('tor-unreachable', 'no Tor');
for (const [why, published, names, restMs] of [
  ['a proof was found', publish(proofOf(1)), [], 24 * hour],
  ['nothing was found', nothing, [], 6 * hour],
  ['nothing was found, and mail depends on it', nothing, ['a.test'], hour],
  [
    'our own Tor does not work',
    { ...nothing, places: { https: { kind: 'failed', said: 'no Tor', error: torDown }, dns: silent } },
    [],
    60_000,
  ],
] as const) {
  test(`the next look, when ${why}`, async () => {
    const { seek, world, asked } = setUp();
    world.published = published;
    await seek({ certificateNames: names });
    const { length } = asked;
    world.nowMs = restMs - 1;
    await seek({ certificateNames: names });
    assert.equal(asked.length, length);
    world.nowMs = restMs;
    await seek({ certificateNames: names });
    assert.ok(asked.length > length);
  });
}

test('another question is asked at once: other exchangers, other names', async () => {
  const { seek, asked } = setUp();
  await seek();
  await seek({ named: [evil] });
  await seek({ named: undefined });
  await seek({ certificateNames: ['a.test'] });
  await seek({ exchangers: [second] });
  assert.equal(asked.filter((name) => name === domain).length, 5);
});

test('while it goes on, it is not begun again', async () => {
  const { seek, asked } = setUp();
  await Promise.all([seek(), seek(), seek()]);
  assert.deepEqual(asked, ['a.test']);
});

test('with keepDays 0 there is no place for evidence, and nothing is looked for', async () => {
  const { seek, asked } = setUp(makeEntry(1), 0);
  await seek();
  assert.deepEqual(asked, []);
});

test('what is forgotten meanwhile stays forgotten', async () => {
  const { seek, world, memory } = setUp();
  world.published = publish(proofOf(1));
  const seeking = seek();
  memory.remembered.delete(domain);
  assert.equal(await seeking, undefined);
});

test('a memory that cannot be written is one error in the log', async () => {
  const { seek, memory, told } = setUp();
  memory.revise = () => Promise.reject(new OnionmxError('state-folder', 'EIO'));
  await seek();
  assert.deepEqual(told(), [['error', 'evidence cannot be looked for']]);
});
