import { test } from 'node:test';
import { judgeSrv, type OwnOnions, type SrvFacts } from '../../src/doctor/judge-srv.ts';
import { assertTroubles } from './findings.ts';

const domain = 'example.org';
const own: OwnOnions = {
  exchangers: ['a.onion:25', 'b.onion:25'],
  toPublish: ['a.onion:25'],
  isIncomplete: false,
};
const nothing: OwnOnions = { exchangers: [], toPublish: [], isIncomplete: false };
const hidden: OwnOnions = { ...nothing, isIncomplete: true };
const unpublished: SrvFacts = { domain, kind: 'none', why: 'nxdomain', ignored: [] };

function published(...exchangers: string[]): SrvFacts {
  return { domain, kind: 'found', exchangers, isAuthenticated: true, ignored: [] };
}

const cases: readonly [
  why: string,
  facts: SrvFacts,
  own: OwnOnions,
  troubles: readonly string[],
  says?: RegExp,
][] = [
  ['published, and ours', published('a.onion:25', 'b.onion:25'), own, []],
  ['one of two is enough', published('b.onion:25'), own, []],
  ['neither published nor there', unpublished, nothing, []],
  ['of a closed group alone', unpublished, { ...own, toPublish: [] }, []],
  [
    'there, and not published',
    unpublished,
    own,
    ['warning srv'],
    /nxdomain[^]*publish: _onion-mx\._tcp\.example\.org\. 3600 IN SRV 0 5 25 a\.onion\./,
  ],
  ['another address', published('x.onion:25'), own, ['error srv'], /x\.onion:25, which is none of yours/],
  ['another port', published('a.onion:26'), own, ['error srv'], /a\.onion:26/],
  [
    'another address besides',
    published('a.onion:25', 'x.onion:25'),
    own,
    ['warning srv'],
    /besides this host/,
  ],
  [
    'published, and no onion service here',
    published('x.onion:25'),
    nothing,
    ['warning srv'],
    /no onion service/,
  ],
  ['published, and ours are not known', published('x.onion:25'), hidden, ['unknown srv'], /run this as root/],
  [
    'no onion address',
    { ...unpublished, ignored: ['mx.example.org: no onion'] },
    own,
    ['error srv'],
    /mx\.example\.org/,
  ],
  [
    'no onion address, and no onion service here',
    { ...unpublished, ignored: ['mx.example.org: no onion'] },
    nothing,
    ['error srv'],
    /dig _onion-mx/,
  ],
  [
    'ours, and what is no onion address',
    { domain, kind: 'found', exchangers: ['a.onion:25'], isAuthenticated: true, ignored: ['mx: no onion'] },
    own,
    ['warning srv'],
    /mx: no onion/,
  ],
  [
    'not signed',
    { domain, kind: 'found', exchangers: ['a.onion:25'], isAuthenticated: false, ignored: [] },
    own,
    ['warning srv-signed'],
    /sign the zone/,
  ],
  ['DNS fails', { domain, kind: 'failed', detail: 'servfail' }, own, ['unknown srv'], /servfail/],
];

for (const [why, facts, onions, troubles, says] of cases)
  test(`SRV: ${why}`, () => assertTroubles(why, judgeSrv([facts], onions), troubles, says));

test('SRV: no domain to ask for', () =>
  assertTroubles('none', judgeSrv([], own), ['unknown srv'], /domains\.own/));
