import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Evidence, evidences, isAtLeast } from '../../../src/routing/evidence.ts';
import type { TlsPolicy } from '../../../src/routing/tls-policy/tls-policy.ts';
import { judgeTrust, type TrustVerdict } from '../../../src/routing/trust/trust-rule.ts';

const none: TlsPolicy = { kind: 'none' };
const dane: TlsPolicy = { kind: 'dane', source: 'TLSA records of mx.a.test' };
const mtaSts: TlsPolicy = { kind: 'mta-sts', mxNames: ['mx.a.test'], source: 'its MTA-STS policy' };
const unknown: TlsPolicy = { kind: 'unknown', why: 'the daemon does not answer' };

const rows: readonly [
  evidence: Evidence,
  enough: Evidence,
  policy: TlsPolicy | undefined,
  kind: TrustVerdict['kind'],
  why: RegExp,
][] = [
  ['dns', 'dns', none, 'trusted', /^the evidence "dns" is enough: .* \(no DANE, no MTA-STS\)$/],
  ['remembered', 'dns', none, 'trusted', /^the evidence "remembered" is enough: /],
  ['dnssec', 'dns', undefined, 'trusted', /^the evidence "dnssec" is enough$/],
  // the clear net would authenticate
  [
    'dns',
    'dns',
    mtaSts,
    'clearnet',
    /^MTA-STS authenticates .* \(its MTA-STS policy\); .*"dns" is less than/,
  ],
  ['remembered', 'remembered', mtaSts, 'clearnet', /^MTA-STS authenticates .*"remembered" is less/],
  ['dns', 'dns', dane, 'clearnet', /^DANE authenticates .* \(TLSA records of mx\.a\.test\); /],
  ['certificate', 'dns', mtaSts, 'trusted', /^the evidence "certificate" is enough$/],
  ['certificate', 'dns', dane, 'trusted', /^the evidence "certificate" is enough$/],
  ['certificate', 'dns', unknown, 'trusted', /^the evidence "certificate" is enough$/],
  ['dns', 'dns', unknown, 'unknown', /DANE or MTA-STS cannot be found out \(the daemon does not answer\)$/],
  // the operator asks for more
  [
    'dns',
    'remembered',
    none,
    'clearnet',
    /^the evidence "dns" is less than "remembered", .* trust asks for$/,
  ],
  ['dns', 'certificate', unknown, 'clearnet', /^the evidence "dns" is less than "certificate"/],
  ['dnssec', 'proved', undefined, 'clearnet', /^the evidence "dnssec" is less than "proved"/],
  ['proved', 'pinned', undefined, 'clearnet', /^the evidence "proved" is less than "pinned"/],
  ['pinned', 'pinned', undefined, 'trusted', /^the evidence "pinned" is enough$/],
  ['address', 'pinned', undefined, 'trusted', /^the evidence "address" is enough$/],
];
for (const [evidence, enough, policy, kind, why] of rows) {
  test(`trust: "${evidence}" where "${enough}" is enough, policy ${policy?.kind ?? 'not asked'}`, () => {
    const verdict = judgeTrust({ evidence, enough, policy });
    assert.equal(verdict.kind, kind);
    assert.match(verdict.why, why);
  });
}

test('property: less than is asked for is never trusted; nor less than a certificate beside DANE or MTA-STS', () => {
  const anyEvidence = fc.constantFrom(...evidences);
  const anyPolicy = fc.constantFrom(none, dane, mtaSts, unknown);
  fc.assert(
    fc.property(anyEvidence, anyEvidence, anyPolicy, (evidence, enough, policy) => {
      if (judgeTrust({ evidence, enough, policy }).kind !== 'trusted') return;
      assert.ok(isAtLeast(evidence, enough));
      assert.ok(policy.kind === 'none' || isAtLeast(evidence, 'certificate'));
    }),
  );
});
