import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { decideForOnionAddress, decideFromDns } from '../../src/routing/decide-route.ts';
import type { SrvAnswer } from '../../src/routing/dns/srv-discovery.ts';
import { makeExchanger, makeOnionAddress } from '../made-up-onions.ts';

const published = makeExchanger(1);
const known = makeExchanger(2);
const answered = { ignored: [], authenticated: false, ttlSeconds: 60, resolver: '127.0.0.1:53', chain: [] };
const found: SrvAnswer = { kind: 'found', exchangers: [published], ...answered };
const failed: SrvAnswer = { kind: 'failed', why: 'servfail', detail: 'rcode 2', resolver: '127.0.0.1:53' };
const facts = {
  holder: { kind: 'dns' },
  evidence: 'dns',
  failingForMs: 0,
  onFailure: 'bounded',
  deferMs: 900_000,
} as const;
const failing = { ...facts, holder: { kind: 'nobody' }, srv: failed } as const;
const remembering = { ...facts, holder: { kind: 'memory', exchangers: [known] } } as const;

test('an SRV answer is the route; the evidence comes with it', () => {
  assert.deepEqual(decideFromDns({ ...facts, srv: found }), {
    kind: 'onion',
    exchangers: [published],
    evidence: 'dns',
  });
  const signed = decideFromDns({ ...facts, evidence: 'dnssec', srv: found });
  assert.equal(signed.kind === 'onion' && signed.evidence, 'dnssec');
});

for (const [why, reason] of [
  ['nxdomain', /publishes no _onion-mx SRV/],
  ['no-data', /publishes no _onion-mx SRV/],
  ['target-dot', /target "\."/],
  ['no-valid-target', /none of its _onion-mx SRV targets/],
] as const) {
  test(`${why} means the clear net`, () => {
    const route = decideFromDns({ ...facts, srv: { kind: 'none', why, ...answered } });
    assert.equal(route.kind, 'clearnet');
    assert.match(route.kind === 'clearnet' ? route.reason : '', reason);
  });
}

test('the word of the memory holds, whatever DNS says, and however long it fails', () => {
  for (const srv of [failed, found, { kind: 'none', why: 'nxdomain', ...answered }] as const) {
    const route = decideFromDns({ ...remembering, srv, failingForMs: 10 ** 9, onFailure: 'clearnet' });
    assert.deepEqual(route, { kind: 'onion', exchangers: [known], evidence: 'dns' });
  }
});

const waiting = {
  kind: 'defer',
  status: '4.4.3',
  reason:
    'DNS failed (servfail: rcode 2); whether there is an onion mail exchanger is not known, trying again',
};

test('when DNS fails, mail to an unknown domain waits for a time and then takes the clear net', () => {
  assert.deepEqual(decideFromDns({ ...failing, failingForMs: 899_999 }), waiting);
  assert.deepEqual(decideFromDns({ ...failing, failingForMs: 900_000 }), {
    kind: 'clearnet',
    reason:
      'DNS failed (servfail: rcode 2) for 15 minutes: whether there is an onion mail exchanger is not known',
  });
});

test('the operator can have it wait as long as DNS fails, or not at all', () => {
  assert.deepEqual(decideFromDns({ ...failing, onFailure: 'defer', failingForMs: 10 ** 9 }), waiting);
  assert.deepEqual(decideFromDns({ ...failing, onFailure: 'clearnet' }), {
    kind: 'clearnet',
    reason: 'DNS failed (servfail: rcode 2): whether there is an onion mail exchanger is not known',
  });
});

test('an onion address is its own exchanger on port 25, also below a subdomain', () => {
  const onionAddress = makeOnionAddress(3);
  assert.deepEqual(decideForOnionAddress(parseDomainName(`mail.${onionAddress}`)), {
    kind: 'onion',
    exchangers: [{ onionAddress, port: 25, priority: 0, weight: 0 }],
    evidence: 'address',
  });
});

test('a name under .onion that is no address is refused with the rule that it breaks', () => {
  const route = decideForOnionAddress(parseDomainName('wy6zk3pmcwiyhiao.onion'));
  assert.equal(route.kind === 'reject' && route.status, '5.1.2');
  assert.match(route.kind === 'reject' ? route.reason : '', /version 2/);
});
