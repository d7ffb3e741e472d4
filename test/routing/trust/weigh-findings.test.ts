import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExchangerSet, toExchangerSet } from '../../../src/protocol/exchanger.ts';
import type { MemoryEntry, Shown } from '../../../src/routing/memory/memory-entry.ts';
import {
  type Findings,
  type FindingsEvent,
  weighFindings,
} from '../../../src/routing/trust/weigh-findings.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { keepMs, makeEntry, startMs } from '../memory/made-up-memory.ts';

const day = 86_400_000;
const nowMs = startMs + 10 * day;
const clock = { nowMs, keepMs };
const [a, b, evil] = [makeExchanger(1), makeExchanger(2), makeExchanger(6)];
const untilMs = nowMs + 20 * day;

const prove = (...exchangers: ExchangerSet) => ({ proved: { exchangers, untilMs } });
const shown = (evidence: Shown['evidence'], days = 5): Partial<MemoryEntry> => ({
  shown: { evidence, untilMs: nowMs + days * day },
});
const doubt = (says: ExchangerSet | 'nxdomain', ms = nowMs) => ({ says, sinceMs: ms, notedMs: ms });
const found = ['what was found'];
const check = { atMs: nowMs, found };
/** Taken over with a proof: known from now on. */
const taken = (exchangers: ExchangerSet, change: Partial<MemoryEntry> = {}): Partial<MemoryEntry> => ({
  exchangers,
  firstSeenMs: nowMs,
  lastSeenMs: nowMs,
  shown: { evidence: 'proved', untilMs },
  ...change,
});
const proved = { shown: { evidence: 'proved', untilMs } } as const;
const certified = shown('certificate', 30);

interface Row {
  readonly why: string;
  /** What is remembered; usually `a`, by plain answers. */
  readonly known?: Partial<MemoryEntry>;
  /** What was found; DNS names `a`, usually. */
  readonly findings: Partial<Findings>;
  /** How the entry differs afterwards. */
  readonly after: Partial<MemoryEntry>;
  readonly lost?: 'shown';
  readonly event?: FindingsEvent;
}

const rows: readonly Row[] = [
  { why: 'nothing was found', findings: {}, after: {} },
  // proofs
  { why: 'a proof of the known exchanger', findings: prove(a), after: proved, event: 'proved' },
  { why: 'the same again is no news', known: shown('proved'), findings: prove(a), after: proved },
  { why: 'a proof of more than is used', findings: prove(a, b), after: proved, event: 'proved' },
  {
    why: 'DNS fails meanwhile',
    findings: { named: undefined, ...prove(a) },
    after: proved,
    event: 'proved',
  },
  {
    why: 'attack: DNS has the record removed. The doubt stays, and the warning is not given anew each day',
    known: { doubt: doubt('nxdomain', startMs) },
    findings: { named: undefined, ...prove(a) },
    after: { ...proved, doubt: doubt('nxdomain', startMs) },
    event: 'proved',
  },
  {
    why: 'attack: DNS names another. What is proved stays, and the doubt with it',
    known: { doubt: doubt([evil]) },
    findings: { named: [evil], ...prove(a) },
    after: { ...proved, doubt: doubt([evil]) },
    event: 'proved',
  },
  {
    why: 'attack: the onion of the attacker is all that is known, since the first contact',
    known: { exchangers: [evil] },
    findings: { named: [evil], exchangers: [evil], ...prove(a) },
    after: taken([a], { doubt: doubt([evil]) }),
    event: 'overruled',
  },
  {
    why: 'attack: the same, although it was there for a year',
    known: { exchangers: [evil], firstSeenMs: nowMs - 365 * day },
    findings: { named: [evil], exchangers: [evil], ...prove(a) },
    after: taken([a], { doubt: doubt([evil]) }),
    event: 'overruled',
  },
  {
    why: 'attack: the same, and DNS names nobody now',
    known: { exchangers: [evil] },
    findings: { named: undefined, exchangers: [evil], ...prove(a) },
    after: taken([a], { doubt: doubt([evil]) }),
    event: 'overruled',
  },
  {
    why: 'attack: his onion beside the good one, and preferred to it',
    known: { exchangers: [evil, { ...a, priority: 10 }] },
    findings: { named: [evil, { ...a, priority: 10 }], ...prove(a) },
    after: taken([{ ...a, priority: 10 }], { doubt: doubt([evil, { ...a, priority: 10 }]) }),
    event: 'overruled',
  },
  {
    why: 'attack: a port of the same onion service of which it says nothing',
    known: { exchangers: [{ ...a, port: 2525 }] },
    findings: { named: [{ ...a, port: 2525 }], ...prove(a) },
    after: taken([a], { doubt: doubt([{ ...a, port: 2525 }]) }),
    event: 'overruled',
  },
  {
    why: 'of several ports that are proved the lowest is used',
    known: { exchangers: [evil] },
    findings: { named: [evil], ...prove({ ...a, port: 587 }, a, b) },
    after: taken(toExchangerSet([a, b]) ?? [a], { doubt: doubt([evil]) }),
    event: 'overruled',
  },
  {
    why: 'a proof overrules a certificate',
    known: { exchangers: [evil], ...shown('certificate') },
    findings: { named: [evil], ...prove(a) },
    after: taken([a], { doubt: doubt([evil]) }),
    event: 'overruled',
  },
  {
    why: 'but not a validated answer: there are two words of the domain then',
    known: { exchangers: [b], ...shown('dnssec') },
    findings: { named: [b], ...prove(a) },
    after: {},
  },
  {
    why: 'nor another proof that still counts',
    known: { exchangers: [b], ...shown('proved') },
    findings: { named: undefined, ...prove(a) },
    after: {},
  },
  {
    why: 'the domain has moved, and proves it',
    known: shown('proved'),
    findings: { named: [b], ...prove(b) },
    after: taken([b]),
    event: 'changed',
  },
  {
    why: 'it has moved, and still proves the old one too',
    known: { doubt: doubt([b]) },
    findings: { named: [b], ...prove(a, b) },
    after: taken([b]),
    event: 'changed',
  },
  {
    why: 'one more, which is proved',
    known: { ...shown('proved'), doubt: doubt([a, b]) },
    findings: { named: [a, b], ...prove(a, b) },
    after: taken([a, b]),
    event: 'changed',
  },
  {
    why: 'a validated answer of old does not keep it from moving',
    known: shown('dnssec'),
    findings: { named: [b], ...prove(b) },
    after: taken([b]),
    event: 'changed',
  },
  {
    why: 'the TLS policy is the same after a move',
    known: { policy: 'mta-sts' },
    findings: { named: [b], ...prove(b) },
    after: taken([b], { policy: 'mta-sts' }),
    event: 'changed',
  },
  // certificates
  { why: 'a certificate', findings: { isCertified: true }, after: certified, event: 'certified' },
  { why: 'again', known: shown('certificate'), findings: { isCertified: true }, after: certified },
  {
    why: 'attack: it has changed hands: the certificate is another one now',
    known: shown('certificate'),
    findings: { isCertified: false },
    after: {},
    lost: 'shown',
    event: 'refuted',
  },
  { why: 'no certificate, and there was none before', findings: { isCertified: false }, after: {} },
  {
    why: 'it does not answer now',
    known: shown('certificate'),
    findings: { isCertified: undefined },
    after: {},
  },
  {
    why: 'what is not counted any more is taken out',
    known: shown('certificate', -1),
    findings: { isCertified: false },
    after: {},
    lost: 'shown',
  },
  {
    why: 'a certificate is less than what there is',
    known: shown('dnssec'),
    findings: { isCertified: true },
    after: {},
  },
  {
    why: 'attack: the certificate is that of others than mail goes to',
    known: { exchangers: [evil] },
    findings: { exchangers: [a], isCertified: true },
    after: {},
  },
  {
    why: 'attack: the same, and his onion is beside the good one',
    known: { exchangers: [a, evil] },
    findings: { exchangers: [a], isCertified: true },
    after: {},
  },
  {
    why: 'another onion without a certificate says nothing against this one',
    known: shown('certificate'),
    findings: { named: [evil], exchangers: [evil], isCertified: false },
    after: {},
  },
];

for (const { why, known, findings, after, lost, event } of rows) {
  test(`findings: ${why}`, () => {
    const entry = makeEntry(1, known);
    const nothing = {
      named: [a],
      exchangers: entry.exchangers,
      proved: undefined,
      isCertified: undefined,
    } as const;
    const weighed = weighFindings({ ...nothing, found, ...findings }, entry, clock);
    const { doubt: _, ...settled } = entry;
    const { shown: __, ...unshown } = settled;
    const kept = lost === 'shown' ? unshown : settled;
    const doubtKept =
      after.firstSeenMs === undefined && entry.doubt !== undefined ? { doubt: entry.doubt } : {};
    assert.deepEqual(weighed.entry, { ...kept, ...doubtKept, check, ...after });
    assert.equal(weighed.event, event);
  });
}

test('what the operator has forgotten or pinned meanwhile stays so', () => {
  const findings = { named: [b], exchangers: [b], isCertified: true, found, ...prove(b) } as const;
  assert.deepEqual(weighFindings(findings, undefined, clock), { entry: undefined });
  const pinned = makeEntry(1, { isPinned: true });
  assert.equal(weighFindings(findings, pinned, clock).entry, pinned, 'the very entry: nothing is written');
});
