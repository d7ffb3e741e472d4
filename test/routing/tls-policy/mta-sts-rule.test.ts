import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type KeptPolicy,
  type RecordAnswer,
  weighPolicy,
} from '../../../src/routing/tls-policy/mta-sts-rule.ts';
import type { TlsPolicy } from '../../../src/routing/tls-policy/tls-policy.ts';

const [hour, day] = [3_600_000, 86_400_000];
const fetchedMs = Date.UTC(2026, 0, 1, 12);
const enforced: KeptPolicy = {
  id: '1',
  fetchedMs,
  mode: 'enforce',
  mxNames: ['mx.b.test'],
  maxAgeSeconds: 604_800,
};
const record = (id: string): RecordAnswer => ({ kind: 'found', id, ttlSeconds: 60 });
const gone: RecordAnswer = { kind: 'none', why: 'no TXT record', ttlSeconds: 60 };
const broken: RecordAnswer = { kind: 'failed', why: 'SERVFAIL' };
const kept = (and = ''): TlsPolicy => ({
  kind: 'mta-sts',
  mxNames: ['mx.b.test'],
  source: `its MTA-STS policy (enforce, fetched 2026-01-01)${and}`,
});
const notYet: TlsPolicy = {
  kind: 'mta-sts',
  mxNames: [],
  source: 'its MTA-STS policy, which is not known yet',
  isUnconfirmed: true,
};
const none: TlsPolicy = { kind: 'none' };
const unknown: TlsPolicy = { kind: 'unknown', why: 'whether it has MTA-STS: SERVFAIL' };

interface Case {
  readonly why: string;
  readonly record: RecordAnswer;
  readonly kept?: KeptPolicy;
  readonly afterMs?: number;
  readonly policy: TlsPolicy;
  readonly wanted?: string;
}

const cases: readonly Case[] = [
  // nothing is kept
  { why: 'no record', record: gone, policy: none },
  { why: 'DNS fails', record: broken, policy: unknown },
  {
    why: 'a record: as if it were enforced, until it is known',
    record: record('1'),
    policy: notYet,
    wanted: '1',
  },
  // a policy is kept
  { why: 'the same version', record: record('1'), kept: enforced, policy: kept() },
  {
    why: 'another version is fetched, and this one holds meanwhile',
    record: record('2'),
    kept: enforced,
    policy: kept(),
    wanted: '2',
  },
  {
    why: 'a record that vanishes ends nothing (RFC 8461 §5.1)',
    record: gone,
    kept: enforced,
    policy: kept(', although DNS names none now'),
  },
  { why: 'nor does DNS that is blocked', record: broken, kept: enforced, policy: kept(', while DNS fails') },
  {
    why: 'after a day it is fetched again',
    record: record('1'),
    kept: enforced,
    afterMs: day,
    policy: kept(),
    wanted: '1',
  },
  { why: 'not sooner', record: record('1'), kept: enforced, afterMs: day - 1, policy: kept() },
  {
    why: 'also while DNS is blocked',
    record: broken,
    kept: enforced,
    afterMs: 2 * day,
    policy: kept(', while DNS fails'),
    wanted: '1',
  },
  {
    why: 'up to the last moment of its max_age',
    record: gone,
    kept: enforced,
    afterMs: 7 * day - 1,
    policy: kept(', although DNS names none now'),
    wanted: '1',
  },
  {
    why: 'a short-lived one after half of its time',
    record: record('1'),
    kept: { ...enforced, maxAgeSeconds: 36_000 },
    afterMs: 5 * hour,
    policy: kept(),
    wanted: '1',
  },
  {
    why: 'one without any time holds for an hour',
    record: record('1'),
    kept: { ...enforced, maxAgeSeconds: 0 },
    afterMs: hour - 1,
    policy: kept(),
    wanted: '1',
  },
  {
    why: 'a clock that was set back ends nothing',
    record: gone,
    kept: enforced,
    afterMs: -hour,
    policy: kept(', although DNS names none now'),
  },
  {
    why: 'but it is fetched again',
    record: record('1'),
    kept: enforced,
    afterMs: -day,
    policy: kept(),
    wanted: '1',
  },
  {
    why: 'testing is no enforcement',
    record: record('1'),
    kept: { ...enforced, mode: 'testing' },
    policy: none,
  },
  {
    why: 'a policy that is taken back',
    record: gone,
    kept: { ...enforced, mode: 'none', mxNames: [] },
    policy: none,
  },
  {
    why: 'enforced from the next version on',
    record: record('2'),
    kept: { ...enforced, mode: 'testing' },
    policy: none,
    wanted: '2',
  },
  // its time is over
  { why: 'over, and no record', record: gone, kept: enforced, afterMs: 7 * day, policy: none },
  { why: 'over, and DNS fails', record: broken, kept: enforced, afterMs: 7 * day, policy: unknown },
  {
    why: 'over, and a record',
    record: record('1'),
    kept: enforced,
    afterMs: 7 * day,
    policy: notYet,
    wanted: '1',
  },
];
for (const { why, record: said, kept: known, afterMs = 0, policy, wanted } of cases) {
  test(`MTA-STS: ${why}`, () =>
    assert.deepEqual(weighPolicy(said, known, fetchedMs + afterMs), { policy, wantedId: wanted }));
}
