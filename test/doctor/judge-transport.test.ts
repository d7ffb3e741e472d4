import { test } from 'node:test';
import { judgeTransport, type TransportFacts } from '../../src/doctor/judge-transport.ts';
import { assertTroubles } from './findings.ts';

const ours = 'socketmap:unix:onionmx/map.sock:onionmx';
const own = {
  table: 'regexp:/etc/own',
  isAsked: true,
  forStrangers: undefined,
  settles: ['a.test', 'b.test'],
};
const fine: TransportFacts = {
  tables: { before: ['regexp:/etc/own'], ours, strangers: [] },
  socketmap: '/q/onionmx/map.sock',
  queueFolder: '/q',
  isRewriteChrooted: true,
  earlier: [own],
  ownDomains: ['a.test', 'b.test'],
  untried: 0,
  unlisted: [],
  otherwise: 'DNS',
};
const missing = { before: ['hash:/x'], ours: undefined, strangers: [] };
const absolute = { before: [], ours: 'socketmap:unix:/q/onionmx/map.sock:onionmx', strangers: [] };
const many = ['1.test', '2.test', '3.test', '4.test', '5.test', '6.test', '7.test'];

const cases: readonly [
  why: string,
  change: Partial<TransportFacts>,
  troubles: readonly string[],
  says?: RegExp,
][] = [
  ['all is well', {}, []],
  [
    'we are not asked',
    { tables: missing },
    ['error transport-maps'],
    /does not name \/q\/onionmx\/map\.sock\n[^]*goes to DNS\npostconf -e 'transport_maps = hash:\/x, socketmap:unix:onionmx\/map\.sock:onionmx'/,
  ],
  [
    'a socketmap elsewhere is asked',
    {
      tables: { ...missing, strangers: ['socketmap:unix:old.sock:onionmx'] },
      otherwise: 'the relayhost [mx.test]',
    },
    ['error transport-maps'],
    /it has socketmap:unix:old\.sock:onionmx, where this onionmx does not answer[^]*goes to the relayhost \[mx\.test\]/,
  ],
  [
    'a socketmap that was ours once is dropped',
    {
      tables: {
        before: ['socketmap:unix:old:onionmx'],
        ours: undefined,
        strangers: ['socketmap:unix:old:onionmx'],
      },
    },
    ['error transport-maps'],
    /transport_maps = socketmap:unix:onionmx\/map\.sock:onionmx'/,
  ],
  [
    'an absolute path from a chroot',
    { tables: absolute },
    ['error transport-maps'],
    /from its chroot in \/q[^]*write socketmap:unix:onionmx\/map\.sock:onionmx/,
  ],
  [
    'an absolute path outside of the chroot',
    { tables: { ...absolute, ours: 'socketmap:unix:/run/map.sock:onionmx' }, socketmap: '/run/map.sock' },
    ['error transport-maps'],
    /`lookup\.socketmap` to unix:\/q\/onionmx\/map\.sock/,
  ],
  ['an absolute path without a chroot', { tables: absolute, isRewriteChrooted: false }, []],
  [
    'a table for everybody comes first',
    { earlier: [own, { table: 'static:x', isAsked: true, forStrangers: 'x', settles: [] }] },
    ['error table-order'],
    /static:x answers for every address \(x\)/,
  ],
  [
    'a table that could not be asked comes first',
    { earlier: [own, { table: 'mysql:/x', isAsked: false, forStrangers: undefined, settles: [] }] },
    ['unknown table-order'],
    /postmap -q someone@example\.com 'mysql:\/x'/,
  ],
  [
    'one own domain is not settled',
    { ownDomains: ['a.test', 'c.test'] },
    ['warning own-domains'],
    /asks onionmx for your own c\.test\n[^]*\/@\(c\\\.test\)\$\//,
  ],
  ['many are not', { ownDomains: many }, ['warning own-domains'], /5\.test and 2 more\n/],
  ['more than were tried', { untried: 7 }, []],
  [
    'domains in a database',
    { unlisted: ['mysql:/x (relay_domains)'] },
    ['unknown own-domains'],
    /mysql:\/x \(relay_domains\)/,
  ],
  [
    'domains in a database alone',
    { ownDomains: [], unlisted: ['mysql:/x'] },
    ['unknown own-domains'],
    /mysql:\/x/,
  ],
  ['no own domain is known', { ownDomains: [] }, ['unknown own-domains'], /domains\.own/],
];

for (const [why, change, troubles, says] of cases)
  test(`transport_maps: ${why}`, () =>
    assertTroubles(why, judgeTransport({ ...fine, ...change }), troubles, says));
