import { test } from 'node:test';
import { judgeLookup, type LookupFacts } from '../../src/doctor/judge-lookup.ts';
import { assertTroubles } from './findings.ts';

const user = { name: 'postfix', uid: 101, gid: 102 };
const socket = { path: '/q/map.sock', mode: 0o660, uid: 900, gid: 102 };
const foreign = { ...socket, gid: 900 };
const answers = [
  { key: '*', reply: 'NOTFOUND' },
  { key: 'postmaster@own.test', reply: 'NOTFOUND' },
];
const server = { name: 'unix:/q/map.sock', files: [socket], answers };
const fine: LookupFacts = {
  servers: [server],
  endpoints: [{ name: 'unix:/q/a.onion', files: [socket] }],
  endpointFolder: '/q',
  user,
};

const cases: readonly [
  why: string,
  change: Partial<LookupFacts>,
  troubles: readonly string[],
  says?: RegExp,
][] = [
  ['all is well', {}, []],
  [
    'a port has no mode',
    { servers: [{ ...server, name: '127.0.0.1:2526', files: undefined }], endpoints: [] },
    [],
  ],
  [
    'nobody answers',
    { servers: [{ ...server, answers: { trouble: 'ENOENT', isForbidden: false } }] },
    ['error lookup-answers'],
    /nobody answers at unix:\/q\/map\.sock: ENOENT[^]*onionmx serve/,
  ],
  [
    'we may not ask',
    { servers: [{ ...server, answers: { trouble: 'EACCES', isForbidden: true } }] },
    ['unknown lookup-answers'],
    /needs root/,
  ],
  [
    'it takes own mail',
    { servers: [{ ...server, answers: [{ key: 'postmaster@own.test', reply: 'OK onion:unix:x' }] }] },
    ['error lookup-answers'],
    /postmaster@own\.test: OK onion:unix:x[^]*domains\.own/,
  ],
  [
    'Postfix may not ask',
    { servers: [{ ...server, files: [foreign] }] },
    ['error lookup-access'],
    /group 900: postfix/,
  ],
  [
    'Postfix may not deliver',
    {
      endpoints: [
        { name: 'x', files: [foreign] },
        { name: 'y', files: [foreign] },
      ],
    },
    ['error endpoint-access'],
    /sockets\.group/,
  ],
  [
    'without Postfix, access is not judged',
    { user: undefined, servers: [{ ...server, files: [foreign] }] },
    [],
  ],
];

for (const [why, change, troubles, says] of cases)
  test(`lookup: ${why}`, () => assertTroubles(why, judgeLookup({ ...fine, ...change }), troubles, says));
