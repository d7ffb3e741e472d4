import { test } from 'node:test';
import { judgeMailServer } from '../../src/doctor/judge-mail-server.ts';
import { assertTroubles } from './findings.ts';

const absent = { message: 'cannot ask Postfix', hint: undefined };

const cases: readonly [
  why: string,
  postfix: Parameters<typeof judgeMailServer>[0],
  exim: Parameters<typeof judgeMailServer>[1],
  troubles: readonly string[],
  says?: RegExp,
][] = [
  ['Debian 12', { version: '3.7.11' }, undefined, []],
  ['the oldest', { version: '3.7.0' }, undefined, []],
  ['older', { version: '3.6.4' }, undefined, ['warning mail-server'], /3\.6\.4[^]*3\.7/],
  ['a snapshot', { version: '3.11-20250901' }, undefined, []],
  ['Exim, as setup does it', absent, { version: '4.96', differing: [], asks: true }, []],
  [
    'Exim, by hand',
    absent,
    { version: '4.96', differing: ['/etc/exim4/onionmx/main'], asks: true },
    ['warning exim'],
    /onionmx\/main[^]*onionmx setup/,
  ],
  [
    'Exim, not set up',
    absent,
    { version: '4.96', differing: ['/etc/exim4/onionmx/router'], asks: false },
    ['error exim'],
    /does not ask onionmx[^]*clear net/,
  ],
  [
    'Exim that cannot be asked',
    absent,
    { message: 'cannot ask Exim', hint: 'run this as root' },
    ['unknown mail-server'],
    /cannot ask Exim[^]*root/,
  ],
  ['none', absent, undefined, ['unknown mail-server'], /cannot ask Postfix[^]*--postfix/],
];

for (const [why, postfix, exim, troubles, says] of cases)
  test(`mail server: ${why}`, () => assertTroubles(why, judgeMailServer(postfix, exim), troubles, says));
