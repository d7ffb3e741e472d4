import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTlsRule } from '../../src/commands/tls-rule.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import type { Route } from '../../src/routing/route.ts';
import type { TlsPolicy } from '../../src/routing/tls-policy/tls-policy.ts';
import { makeExchanger } from '../made-up-onions.ts';

const domain = parseDomainName('a.test');
const onion = (evidence: 'dns' | 'certificate'): Route => ({
  kind: 'onion',
  exchangers: [makeExchanger(1)],
  evidence,
});
const none: TlsPolicy = { kind: 'none' };
const sts = (...mxNames: string[]): TlsPolicy => ({ kind: 'mta-sts', mxNames, source: 'a test' });

type Row = readonly [
  why: string,
  route: Route,
  policy: TlsPolicy,
  names: readonly string[],
  areAllNames: boolean,
  isNeeded: boolean,
];
const rows: readonly Row[] = [
  ['an onion on other evidence needs no TLS', onion('dns'), none, ['a.test'], true, false],
  ['a certificate is checked in each session', onion('certificate'), none, ['a.test'], true, true],
  ['by the names of the policy too', onion('certificate'), sts('*.mx'), ['a.test', '*.mx'], true, true],
  ['which may not be known now', onion('certificate'), sts(), ['a.test'], false, true],
  ['as here', onion('certificate'), { kind: 'unknown', why: 'x' }, ['a.test'], false, true],
  [
    'a route that was taken away meanwhile: nothing leaves in the clear',
    { kind: 'clearnet', reason: 'x' },
    none,
    ['a.test'],
    true,
    true,
  ],
];
for (const [why, route, policy, names, areAllNames, isNeeded] of rows) {
  test(`the TLS rule: ${why}`, async () => {
    const router = { route: async () => ({ route, steps: [] }) };
    const ruleOf = openTlsRule(router, async () => policy);
    assert.deepEqual(await ruleOf(domain), { names, areAllNames, isNeeded });
  });
}
