/** Attacks as stories: what DNS, policies, proofs and certificates say in turn, and where the mail of a domain goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { type Exchanger, type ExchangerSet, formatExchanger } from '../../src/protocol/exchanger.ts';
import { createEvidenceSeeker } from '../../src/routing/trust/look-for-evidence.ts';
import type { PublishedProofs } from '../../src/routing/trust/published-proofs.ts';
import { createRouter } from '../../src/routing/router.ts';
import type { SrvAnswer } from '../../src/routing/dns/srv-discovery.ts';
import type { TlsPolicy } from '../../src/routing/tls-policy/tls-policy.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { createFakeMemory } from './memory/fake-memory.ts';
import { failed, none, says } from './made-up-answers.ts';
import { keepMs, startMs } from './memory/made-up-memory.ts';

const [good, evil] = [makeExchanger(1), makeExchanger(6)];
const dayMs = 86_400_000;
const mtaSts: TlsPolicy = { kind: 'mta-sts', mxNames: ['mx.a.test'], source: 'its MTA-STS policy' };
const blocked: TlsPolicy = { kind: 'unknown', why: 'DNS fails' };

interface World {
  readonly srv: SrvAnswer;
  readonly policy: TlsPolicy;
  /** The exchanger of which the domain publishes a proof. */
  readonly proved: Exchanger | undefined;
  /** Those that show a certificate for the domain. */
  readonly certified: readonly Exchanger[];
  readonly days: number;
}

const quiet: World = {
  srv: says([good]),
  policy: { kind: 'none' },
  proved: undefined,
  certified: [],
  days: 0,
};

/** What has changed, then where the mail goes: to `good` or `evil` and on which evidence, or else. */
type Story = readonly (readonly [change: Partial<World>, goes: string])[];

const stories: Readonly<Record<string, Story>> = {
  'a forged record at the first contact: his onion, as his MX would; found out by the proof of the domain': [
    [{ srv: says([evil]), proved: good }, 'evil dns'],
    [{}, 'good proved'],
    [{ proved: undefined, days: 29 }, 'good proved'],
  ],
  'the same, and his onion beside the good one': [
    [{ srv: says([evil, good]), proved: good }, 'evil good dns'],
    [{}, 'good proved'],
  ],
  'he forges on for longer than the memory lasts, while the proof is published': [
    [{ srv: says([evil]), proved: good }, 'evil dns'],
    ...[10, 20, 30, 40, 50].map((days) => [{ days }, 'good proved'] as const),
  ],
  'a forged record for a domain with MTA-STS: clear net, under the policy; his certificate is another one': [
    [{ srv: says([evil]), policy: mtaSts }, 'clearnet'],
    [{ days: 1 }, 'clearnet'],
  ],
  'a domain with MTA-STS, and an onion with its certificate': [
    [{ policy: mtaSts, certified: [good] }, 'clearnet'],
    [{}, 'good certificate'],
    [{ srv: says([evil]), days: 1 }, 'good certificate'],
    [{ srv: none(), days: 2 }, 'good certificate'],
    [{ srv: failed, policy: blocked, days: 3 }, 'good certificate'],
    [{ srv: says([evil, good]), policy: mtaSts, days: 4 }, 'good certificate'],
  ],
  'its onion shows another certificate one day: somebody else has it': [
    [{ policy: mtaSts, certified: [good] }, 'clearnet'],
    [{}, 'good certificate'],
    [{ certified: [], days: 2 }, 'good certificate'],
    [{}, 'clearnet'],
  ],
  'DNS is blocked for a domain that has no policy: the remembered route holds': [
    [{}, 'good dns'],
    [{ srv: failed, policy: blocked, days: 20 }, 'good dns'],
  ],
  'DNS is blocked for a domain with MTA-STS and little evidence: clear net, under the policy': [
    [{ policy: mtaSts }, 'clearnet'],
    [{ srv: failed, policy: blocked, days: 20 }, 'clearnet'],
  ],
  'the policy is hidden from the first contact on: mail waits': [
    [{ srv: says([evil]), policy: blocked }, 'defer'],
  ],
  'DNS is blocked for a domain that nobody knows: mail waits': [[{ srv: failed, policy: blocked }, 'defer']],
  'no attack: the domain moves, with DNSSEC': [
    [{ srv: says([evil]) }, 'evil dns'],
    [{ srv: says([good], true) }, 'good dnssec'],
    [{ srv: none(true) }, 'clearnet'],
  ],
  'no attack: the domain moves, with a proof of its new onion': [
    [{ proved: evil, srv: says([evil]) }, 'evil dns'],
    [{}, 'evil proved'],
    [{ proved: good, srv: says([good]), days: 3 }, 'evil proved'],
    [{}, 'good proved'],
  ],
  'no attack: the same onion for a week is evidence': [
    [{}, 'good dns'],
    [{ days: 7 }, 'good remembered'],
    [{ srv: says([evil]), days: 8 }, 'good remembered'],
  ],
};

const names = new Map(
  [good, evil].map((exchanger) => [formatExchanger(exchanger), exchanger === good ? 'good' : 'evil']),
);

function describeSet(set: ExchangerSet): string {
  const described = set.map((exchanger) => names.get(formatExchanger(exchanger)) ?? 'nobody');
  return described.toSorted().join(' ');
}

function publish(proved: Exchanger | undefined): PublishedProofs {
  const silent = { kind: 'none', said: 'nothing' } as const;
  const expiresSeconds = startMs / 1000 + 400 * 86_400;
  const proof = { issuedSeconds: startMs / 1000, expiresSeconds, by: 'https' } as const;
  return {
    proofs:
      proved === undefined ? [] : [{ ...proof, onionAddress: proved.onionAddress, ports: [proved.port] }],
    refused: [],
    places: { https: silent, dns: silent },
  };
}

function setUp(keepFor: number) {
  let world = quiet;
  const nowMs = () => world.days * dayMs;
  const parts = { memory: createFakeMemory(), keepMs: keepFor, log: createRecordingLog() };
  const times = { now: nowMs, clock: () => startMs + nowMs() };
  const router = createRouter({
    ...parts,
    ...times,
    ownDomains: [],
    ownOnions: async () => [],
    ignoredDomains: [],
    map: { find: () => undefined },
    discover: async () => world.srv,
    enough: () => 'dns',
    askPolicy: async () => world.policy,
    lookForEvidence: createEvidenceSeeker({
      ...parts,
      ...times,
      fetchProofs: async () => publish(world.proved),
      lookAtCertificate: async (exchanger) => ({
        isGood: world.certified.includes(exchanger),
        found: 'a certificate',
      }),
    }),
    onFailure: () => 'bounded',
    deferMs: 900_000,
  });
  /** The evidence that was looked for is there before the next mail. */
  return async (change: Partial<World>): Promise<string> => {
    world = { ...world, ...change };
    const { route } = await router.route(parseDomainName('a.test'));
    await new Promise((resolve) => setImmediate(resolve));
    return route.kind === 'onion' ? `${describeSet(route.exchangers)} ${route.evidence}` : route.kind;
  };
}

for (const [why, story] of Object.entries(stories)) {
  test(`where mail goes: ${why}`, async () => {
    const send = setUp(keepMs);
    for (const [change, goes] of story) assert.equal(await send(change), goes, JSON.stringify(change));
  });
}

test('where mail goes with keepDays 0: each answer is believed, and a policy holds against it', async () => {
  const send = setUp(0);
  assert.equal(await send({ proved: good }), 'good dns');
  assert.equal(await send({ srv: says([evil]) }), 'evil dns', 'nothing is kept, so nothing is proved either');
  assert.equal(await send({ policy: mtaSts, certified: [evil] }), 'clearnet');
  assert.equal(await send({ policy: blocked }), 'defer');
  assert.equal(await send({ srv: says([good], true) }), 'good dnssec');
});
