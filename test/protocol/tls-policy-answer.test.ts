import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { parseTlsPolicyAnswer, type TlsPolicyAnswer } from '../../src/protocol/tls-policy-answer.ts';

const domain = parseDomainName('b.test');

const secure = (...names: string[]): TlsPolicyAnswer => ({ kind: 'names', level: 'secure', names });

const answers: readonly [why: string, text: string, answer: TlsPolicyAnswer][] = [
  // postconf(5), smtp_tls_policy_maps
  ['no TLS', 'none', { kind: 'none', level: 'none' }],
  ['TLS with anybody, or none', 'may', { kind: 'none', level: 'may' }],
  ['TLS with anybody', 'encrypt protocols=TLSv1.3', { kind: 'none', level: 'encrypt' }],
  ['mandatory DANE', 'dane-only', { kind: 'dane', level: 'dane-only' }],
  ['as postfix-tlspol says it, where there are TLSA records', 'dane', { kind: 'dane', level: 'dane' }],
  ['the level in capitals', 'DANE-Only', { kind: 'dane', level: 'dane-only' }],
  ['the names that Postfix asks for by itself', 'secure', secure('b.test', '*.b.test')],
  ['a name', 'secure match=mx.b.test', secure('mx.b.test')],
  ['names below', 'secure match=.b.test:MX.example.', secure('*.b.test', 'mx.example')],
  ['strategies', 'secure match=nexthop:dot-nexthop', secure('b.test', '*.b.test')],
  ['several matches', 'secure match=a.test match=c.test:a.test', secure('a.test', 'c.test')],
  ['the name of a host that DNS has named proves nothing', 'secure match=hostname', secure()],
  ['what is no name matches nothing', 'secure match=a_b:mx.b.test:', secure('mx.b.test')],
  ['verify asks for the name of the host', 'verify', { kind: 'names', level: 'verify', names: [] }],
  [
    'verify with a match',
    'verify match=hostname:nexthop',
    { kind: 'names', level: 'verify', names: ['b.test'] },
  ],
  ['one certificate', 'fingerprint match=b6:b4:72:34', { kind: 'names', level: 'fingerprint', names: [] }],
  // the daemons
  [
    'postfix-mta-sts-resolver',
    'secure match=.mail.b.test:mx.b.test servername=hostname',
    secure('*.mail.b.test', 'mx.b.test'),
  ],
  [
    'postfix-tlspol, with what TLSRPT reports',
    'secure match=mx.b.test:.c.test servername=hostname policy_type=sts policy_domain=b.test mx_host_pattern=mx.b.test ' +
      'mx_host_pattern=*.c.test { policy_string = version: STSv1 } { policy_string = mx: match=evil.test }',
    secure('mx.b.test', '*.c.test'),
  ],
  ['commas are blanks', 'secure,match=mx.b.test,', secure('mx.b.test')],
  // anything else
  ['nothing', '', { kind: 'unclear', why: 'it answers ""' }],
  ['no level', 'match=a.test', { kind: 'unclear', why: 'it answers "match=a.test"' }],
  ['a level of the future', 'pqc-only', { kind: 'unclear', why: 'it answers "pqc-only"' }],
  ['what would harm a terminal', '\u001b[2J', { kind: 'unclear', why: 'it answers "?[2J"' }],
];

for (const [why, text, answer] of answers)
  test(`${JSON.stringify(text.slice(0, 60))}: ${why}`, () =>
    assert.deepEqual(parseTlsPolicyAnswer(text, domain), answer));

test('any text has an answer, and its names are names', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const answer = parseTlsPolicyAnswer(`secure match=${text}`, domain);
      assert.equal(answer.kind, 'names');
      const names = answer.kind === 'names' ? answer.names : [];
      for (const name of names)
        assert.equal(parseDomainName(name.replace(/^\*\./, '')), name.replace(/^\*\./, ''));
    }),
  );
});
