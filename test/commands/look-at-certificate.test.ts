import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookAtCertificate } from '../../src/commands/look-at-certificate.ts';
import { OnionmxError } from '../../src/errors.ts';
import { connectToExchanger, hangUp, answerWith } from '../delivery/exchanger-server.ts';
import { exchanger, name } from '../delivery/exchanger-session.ts';
import { authority, serverCertificate, serverKey } from '../made-up-certificates.ts';
import { testCertificate, testKey } from './made-up-certificate.ts';

type Rules = Parameters<typeof connectToExchanger>[1];

const offers = ['STARTTLS'];
const good: Rules = { offers, tls: { key: serverKey, certificate: serverCertificate } };
const shows = `${name} shows a certificate for example.org, *.mx.example.net`;

const rows: readonly [
  why: string,
  rules: Rules,
  names: readonly string[],
  isGood: boolean | undefined,
  found: string | RegExp,
][] = [
  ['for the domain', good, ['example.org'], true, shows],
  ['for a host of its MTA-STS policy', good, ['a.test', 'b.mx.example.net'], true, shows],
  ['for one that the policy has a pattern for', good, ['a.test', '*.mx.example.net'], true, shows],
  ['attack: for another name', good, ['a.test', 'mx.a.test'], false, `${shows}, not for a.test or mx.a.test`],
  ['attack: for the domain above', good, ['sub.example.org'], false, `${shows}, not for sub.example.org`],
  [
    'attack: one that he has signed himself',
    { offers, tls: { key: testKey, certificate: testCertificate } },
    ['maps.test'],
    false,
    `the certificate of ${name} is not valid: DEPTH_ZERO_SELF_SIGNED_CERT`,
  ],
  ['none', { ...good, offers: [] }, ['example.org'], false, `${name} does not offer STARTTLS`],
  [
    'it hangs up',
    { ...good, answer: answerWith({ STARTTLS: hangUp }) },
    ['example.org'],
    undefined,
    /^the certificate of .*:25 cannot be seen: /,
  ],
];
for (const [why, rules, names, isGood, found] of rows) {
  test(`a certificate: ${why}`, async (t) => {
    const { connection, server } = await connectToExchanger(t, rules);
    const way = { dial: async () => connection, heloName: 'me.test', ca: authority };
    const look = await lookAtCertificate(exchanger, names, way);
    await connection.closed;
    assert.equal(look.isGood, isGood);
    if (typeof found === 'string') assert.equal(look.found, found);
    else assert.match(look.found, found);
    assert.deepEqual(server.messages, [], 'no mail');
  });
}

const unreachable = () => Promise.reject(new OnionmxError('onion-timeout', 'no answer within 60 s'));

test('a certificate: the onion service is not to be reached', async () => {
  const way = { dial: unreachable, heloName: 'me.test' };
  assert.deepEqual(await lookAtCertificate(exchanger, ['example.org'], way), {
    isGood: undefined,
    found: `the certificate of ${name} cannot be seen: no answer within 60 s`,
  });
});
