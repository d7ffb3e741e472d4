import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { type EvidenceFacts, questionFor } from '../../../src/routing/trust/want-evidence.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { keepMs, makeEntry, startMs } from '../memory/made-up-memory.ts';

const domain = parseDomainName('a.test');
const [a, b] = [makeExchanger(1), makeExchanger(2)];
const clock = { nowMs: startMs, keepMs };
const doubt = { says: [b], sinceMs: startMs, notedMs: startMs } as const;
const proofUntil = (untilMs: number) => makeEntry(1, { shown: { evidence: 'proved', untilMs } });
const mtaSts = { kind: 'mta-sts', mxNames: ['mx.a.test'], source: 'its MTA-STS policy' } as const;

const usual: EvidenceFacts = {
  domain,
  named: [a],
  used: [a],
  entry: makeEntry(1),
  evidence: 'dns',
  enough: 'dns',
  policy: { kind: 'none' },
};

/** The names of certificates that are looked at; undefined: nothing is looked for. */
const rows: readonly [why: string, change: Partial<EvidenceFacts>, names: readonly string[] | undefined][] = [
  ['a plain answer: proofs', {}, []],
  ['DNSSEC is enough', { evidence: 'dnssec' }, undefined],
  ['DNSSEC, where a proof is asked for', { evidence: 'dnssec', enough: 'proved' }, []],
  ['DNSSEC, and plain answers contradict', { evidence: 'dnssec', entry: makeEntry(1, { doubt }) }, []],
  ['nothing is more than a pin', { evidence: 'pinned', enough: 'pinned' }, undefined],
  ['a proof that lasts', { evidence: 'proved', entry: proofUntil(startMs + keepMs) }, undefined],
  [
    'a proof that lasts, and more is asked for: there is nothing more to find',
    { evidence: 'proved', enough: 'pinned', entry: proofUntil(startMs + keepMs) },
    undefined,
  ],
  [
    'attack: to be there when a proof ends. It is renewed in good time',
    { evidence: 'proved', entry: proofUntil(startMs + keepMs / 2 - 1) },
    [],
  ],
  [
    'a proved domain in doubt may have moved, and prove it',
    { evidence: 'proved', entry: makeEntry(1, { doubt }) },
    [],
  ],
  ['a certificate is looked at where it decides: MTA-STS', { policy: mtaSts }, ['a.test', 'mx.a.test']],
  ['DANE', { policy: { kind: 'dane', source: 'TLSA' } }, ['a.test']],
  ['the operator asks for it', { enough: 'certificate' }, ['a.test']],
  [
    'and again, so that it does not end',
    { evidence: 'certificate', policy: mtaSts },
    ['a.test', 'mx.a.test'],
  ],
  ['where it decided once, and does not any more', { evidence: 'certificate' }, []],
  ['where DNSSEC is more', { evidence: 'dnssec', enough: 'proved', policy: mtaSts }, []],
];
for (const [why, change, names] of rows) {
  test(`more evidence: ${why}`, () => {
    assert.deepEqual(questionFor({ ...usual, ...change }, clock)?.certificateNames, names);
  });
}

for (const [why, policy, areAllNames] of [
  ['none', { kind: 'none' }, true],
  ['MTA-STS', mtaSts, true],
  ['MTA-STS, whose policy is not fetched yet', { ...mtaSts, mxNames: [] }, false],
  ['unknown', { kind: 'unknown', why: 'the daemon is down' }, false],
] as const) {
  test(`whether another certificate could be as good is known: ${why}`, () => {
    assert.equal(questionFor({ ...usual, enough: 'certificate', policy }, clock)?.areAllNames, areAllNames);
  });
}

test('what DNS names is compared with proofs; certificates are those of the exchangers that are remembered', () => {
  const entry = makeEntry(1, { exchangers: [a, b], doubt });
  const { named, exchangers } = questionFor({ ...usual, named: [b], used: [b], entry }, clock) ?? {};
  assert.deepEqual([named, exchangers], [[b], [a, b]]);
  assert.deepEqual(questionFor({ ...usual, entry: undefined }, clock)?.exchangers, [a]);
});
