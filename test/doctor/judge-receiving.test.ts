import { test } from 'node:test';
import { judgeReceiving, type ReceivingFacts, unknownReceiving } from '../../src/doctor/judge-receiving.ts';
import { assertTroubles } from './findings.ts';

const audited = {
  service: '/var/lib/tor/mail',
  virtualPort: 25,
  what: 'it is so',
  setting: 'a = b',
  fix: 'a = c',
};
const target = { name: '127.0.0.1:2515', trouble: undefined };

function facts(change: Partial<ReceivingFacts>): ReceivingFacts {
  return {
    mailServer: 'postfix',
    audited: [{ ...audited, severity: 'fine' }],
    targets: [target],
    sources: ['/etc/tor/torrc'],
    ...change,
  };
}

const cases: readonly [
  why: string,
  change: Partial<ReceivingFacts>,
  troubles: readonly string[],
  says?: RegExp,
][] = [
  ['all is well', {}, []],
  ['it only sends', { audited: [], targets: [] }, []],
  [
    'the mail server is not read',
    { audited: undefined, targets: [] },
    ['unknown relay'],
    /onionmx check relay/,
  ],
  [
    'strangers can relay',
    { audited: [{ ...audited, severity: 'open' }] },
    ['error relay'],
    /\/var\/lib\/tor\/mail: it is so\na = b\na = c/,
  ],
  ['mail does not arrive', { audited: [{ ...audited, severity: 'broken' }] }, ['error reception'], /a = c/],
  [
    'a doubt',
    { audited: [{ ...audited, severity: 'warning', fix: undefined }] },
    ['warning reception'],
    /a = b/,
  ],
  [
    'nobody listens',
    { targets: [{ ...target, trouble: 'refused' }] },
    ['error listener'],
    /127\.0\.0\.1:2515: refused\n.*\npostfix status; postfix reload/,
  ],
  [
    'nobody listens, with Exim',
    { mailServer: 'exim', targets: [{ ...target, trouble: 'refused' }] },
    ['error listener'],
    /systemctl restart exim4/,
  ],
  [
    'nobody listens, with another mail server',
    { mailServer: undefined, audited: undefined, targets: [{ ...target, trouble: 'refused' }] },
    ['unknown relay', 'error listener'],
    /ss -ltn/,
  ],
];

for (const [why, change, troubles, says] of cases)
  test(`receiving: ${why}`, () => assertTroubles(why, judgeReceiving(facts(change)), troubles, says));

test('receiving: a torrc that cannot be read', () => {
  const finding = unknownReceiving({ message: 'cannot read it', hint: 'name it' });
  assertTroubles('torrc', [finding], ['unknown reception'], /cannot read it\nname it/);
});
