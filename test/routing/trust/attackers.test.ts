/** What an attacker can do with forged answers, blocked ones and his own onions, in any order: by properties. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  type ExchangerSet,
  formatExchanger,
  isPartOf,
  toExchangerSet,
} from '../../../src/protocol/exchanger.ts';
import { type Evidence, isAtLeast } from '../../../src/routing/evidence.ts';
import { evidenceFor } from '../../../src/routing/memory/known-evidence.ts';
import type { MemoryEntry } from '../../../src/routing/memory/memory-entry.ts';
import type { SrvAnswer } from '../../../src/routing/dns/srv-discovery.ts';
import { judgeTrust } from '../../../src/routing/trust/trust-rule.ts';
import { isOver, type MemoryClock, weighAnswer } from '../../../src/routing/memory/weigh-answer.ts';
import { type Findings, weighFindings } from '../../../src/routing/trust/weigh-findings.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { failed, none, says } from '../made-up-answers.ts';
import { keepMs, makeEntry, startMs } from '../memory/made-up-memory.ts';

const hour = 3_600_000;
const [good, other, evil, worse] = [makeExchanger(1), makeExchanger(2), makeExchanger(6), makeExchanger(7)];
/** What the domain really has. */
const own = toExchangerSet([good, other]) ?? ([good] as const);
const isOwn = (set: ExchangerSet) => isPartOf(set, own);

interface Step {
  readonly srv: SrvAnswer;
  /** Whether evidence is looked for after this answer, and whether the domain's proofs are to be had then. */
  readonly look: 'no' | 'without proofs' | 'with proofs';
  /** The look was begun before this answer, and comes to an end after it. */
  readonly isLate: boolean;
  readonly passedMs: number;
}

const anySet = fc
  .uniqueArray(fc.constantFrom(good, other, evil, worse, { ...good, port: 2525 }), { minLength: 1 })
  .map((some) => toExchangerSet(some) ?? own);
const forged = fc.oneof(
  anySet.map((set) => says(set)),
  fc.constantFrom(none(), none(false, 'target-dot'), failed),
);
const stepsWith = (...looks: readonly Step['look'][]) =>
  fc.array(
    fc.record({
      srv: forged,
      look: fc.constantFrom(...looks),
      isLate: fc.boolean(),
      passedMs: fc.integer({ min: -24 * hour, max: 60 * hour }),
    }),
    { maxLength: 40 },
  );

interface Used {
  readonly exchangers: ExchangerSet;
  readonly evidence: Evidence;
}

/** What mail goes to after this answer, before anybody has asked for a TLS policy. */
function route(srv: SrvAnswer, known: MemoryEntry | undefined, clock: MemoryClock) {
  const { holder, entry } = weighAnswer(srv, known, clock);
  const named = holder.kind === 'dns' && srv.kind === 'found' ? srv.exchangers : undefined;
  const exchangers = holder.kind === 'memory' ? holder.exchangers : named;
  const evidence = evidenceFor(srv, entry, clock.nowMs);
  return { entry, used: exchangers && { exchangers, evidence } };
}

/** An onion of the attacker shows his own certificate: for another name. */
function findFor({ srv, look }: Step, { exchangers }: MemoryEntry, { nowMs }: MemoryClock): Findings {
  return {
    named: srv.kind === 'found' ? srv.exchangers : undefined,
    exchangers,
    isCertified: isOwn(exchangers),
    proved: look === 'with proofs' ? { exchangers: own, untilMs: nowMs + keepMs } : undefined,
    found: [],
  };
}

/** Goes through the steps; `check` sees what mail would go to after each answer. */
function play(
  steps: readonly Step[],
  start: MemoryEntry | undefined,
  check: (used: Used | undefined, clock: MemoryClock, entry: MemoryEntry | undefined) => void,
): void {
  let [entry, nowMs] = [start, startMs];
  for (const step of steps) {
    nowMs += step.passedMs;
    const clock = { nowMs, keepMs };
    const routed = route(step.srv, entry, clock);
    check(routed.used, clock, entry);
    const looked = step.isLate && entry !== undefined ? entry : routed.entry;
    entry = routed.entry;
    if (looked !== undefined && step.look !== 'no')
      entry = weighFindings(findFor(step, looked, clock), entry, clock).entry;
  }
}

test('property: while the memory lives, no lies and no findings without a proof lead mail to whom the domain never had', () => {
  fc.assert(
    fc.property(stepsWith('no', 'without proofs'), (steps) => {
      let isAlive = true;
      play(steps, makeEntry(1, { exchangers: own }), (used, clock, entry) => {
        isAlive &&= entry !== undefined && !isOver(entry, clock);
        if (!isAlive) return;
        assert.ok(used !== undefined, 'the clear net');
        assert.ok(isOwn(used.exchangers), used.exchangers.map(formatExchanger).join());
      });
    }),
  );
});

test('property: no lies and no findings give the attacker’s onions more than time gives them', () => {
  fc.assert(
    fc.property(stepsWith('no', 'without proofs', 'with proofs'), (steps) => {
      play(steps, undefined, (used) => {
        if (used !== undefined && isAtLeast(used.evidence, 'certificate')) assert.ok(isOwn(used.exchangers));
      });
    }),
  );
});

test('property: a domain with DANE or MTA-STS never goes over an onion that is not its own', () => {
  const policies = fc.constantFrom(
    { kind: 'mta-sts', mxNames: ['mx.a.test'], source: 'its MTA-STS policy' } as const,
    { kind: 'dane', source: 'TLSA' } as const,
    { kind: 'unknown', why: 'DNS fails' } as const,
  );
  fc.assert(
    fc.property(stepsWith('no', 'without proofs', 'with proofs'), policies, (steps, policy) => {
      play(steps, undefined, (used) => {
        if (used === undefined) return;
        const { kind } = judgeTrust({ evidence: used.evidence, enough: 'dns', policy });
        if (kind === 'trusted') assert.ok(isOwn(used.exchangers));
      });
    }),
  );
});

test('property: who was there first loses as soon as the proofs of the domain are seen, and for as long as they are', () => {
  const lies = stepsWith('no', 'without proofs');
  const looks = stepsWith('with proofs').map((steps) => steps.filter(({ srv }) => srv.kind === 'found'));
  fc.assert(
    fc.property(anySet, lies, looks, (first, before, after) => {
      const look: Step = { srv: says(first), look: 'with proofs', isLate: false, passedMs: 0 };
      const steps = [...before, look, ...after];
      let answers = 0;
      play(steps, undefined, (used) => {
        answers += 1;
        if (answers <= before.length + 1) return;
        assert.ok(used !== undefined, 'the clear net');
        assert.ok(isOwn(used.exchangers), used.exchangers.map(formatExchanger).join());
        assert.equal(used.evidence, 'proved');
      });
    }),
  );
});
