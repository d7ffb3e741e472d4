import { test } from 'node:test';
import { type HostFacts, judgeBrokenConfiguration, judgeHost } from '../../src/doctor/judge-host.ts';
import { assertTroubles } from './findings.ts';

const stateFolder = { path: '/var/lib/onionmx', found: { mode: 0o700, uid: 900 }, serviceUid: 900 };
const fine: HostFacts = {
  configFile: '/etc/onionmx/onionmx.yaml',
  map: { domains: 2, warnings: [] },
  memory: { domains: 3, doubted: [] },
  stateFolder,
  onionmxVersion: '1.2.3',
  nodeVersion: '20.19.0',
};

const cases: readonly [
  why: string,
  change: Partial<HostFacts>,
  troubles: readonly string[],
  says?: RegExp,
][] = [
  ['all is well', {}, []],
  ['no configuration file', { configFile: undefined }, []],
  [
    'a map with warnings',
    { map: { domains: 1, warnings: ['m.yml:1:1: old'] } },
    ['warning map'],
    /m\.yml:1:1: old/,
  ],
  [
    'a broken map',
    { map: { message: 'm.yml:1:1: wrong', hint: 'mend it' } },
    ['error map'],
    /wrong[^]*mend it/,
  ],
  [
    'DNS says something else than is remembered',
    { memory: { domains: 3, doubted: [{ domain: 'a.test', says: 'nothing any more' }] } },
    ['warning memory'],
    /a\.test[^]*nothing any more[^]*onionmx memory show a\.test/,
  ],
  [
    'a memory that may not be read',
    { memory: { message: 'cannot use the state folder', hint: 'run this as root' } },
    ['unknown memory'],
    /cannot use[^]*root/,
  ],
  ['no state folder yet', { stateFolder: { ...stateFolder, found: undefined } }, ['warning state-folder']],
  [
    'a hidden state folder',
    { stateFolder: { ...stateFolder, found: 'hidden' } },
    ['unknown state-folder'],
    /needs root/,
  ],
  [
    'others may look',
    { stateFolder: { ...stateFolder, found: { mode: 0o750, uid: 900 } } },
    ['warning state-folder'],
    /0750[^]*chmod 700 \/var\/lib\/onionmx/,
  ],
  [
    'it belongs to somebody else',
    { stateFolder: { ...stateFolder, found: { mode: 0o700, uid: 0 } } },
    ['error state-folder'],
    /belongs to user 0, and the service runs as 900[^]*chown -R 900/,
  ],
  ['root may write anywhere', { stateFolder: { ...stateFolder, serviceUid: 0 } }, []],
  ['the service does not run', { stateFolder: { ...stateFolder, serviceUid: undefined } }, []],
  ['an old Node.js', { nodeVersion: '20.18.9' }, ['error node'], /20\.18\.9[^]*20\.19/],
  ['a very old one', { nodeVersion: '18.20.0' }, ['error node']],
  ['a new one', { nodeVersion: '22.0.0' }, []],
];

for (const [why, change, troubles, says] of cases)
  test(`host: ${why}`, () => assertTroubles(why, judgeHost({ ...fine, ...change }), troubles, says));

test('a configuration that does not load is told alone, with what to do', () => {
  const finding = judgeBrokenConfiguration({ message: 'c.yaml:1:1: wrong', hint: 'mend it' });
  assertTroubles('configuration', [finding], ['error configuration'], /wrong[^]*nothing else[^]*mend it/);
});
