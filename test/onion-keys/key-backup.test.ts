import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatKeyBackup, parseKeyBackup } from '../../src/onion-keys/key-backup.ts';
import { checkServiceKeys } from '../../src/onion-keys/service-keys.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeKeyFiles } from './made-up-keys.ts';

const services = [
  { name: 'mail', keys: checkServiceKeys(makeKeyFiles(1), 'one') },
  { name: 'next', keys: checkServiceKeys(makeKeyFiles(2), 'two') },
];
const text = formatKeyBackup(services);

test('what is written is read', () => {
  assert.deepEqual(parseKeyBackup(text, 'f'), services);
});

test('it says what it is, of whom, and that it is secret', () => {
  const json = JSON.parse(text);
  assert.equal(json.format, 'onionmx onion keys');
  assert.equal(json.version, 1);
  assert.match(json.warning, /SECRET/);
  assert.equal(json.services[0].onionAddress, makeOnionAddress(1));
  assert.equal(json.services[0].hostname, makeKeyFiles(1).hostname.toString('base64'));
});

function changed(change: (json: ReturnType<typeof JSON.parse>) => void): string {
  const json = JSON.parse(text);
  change(json);
  return JSON.stringify(json);
}

const broken: readonly (readonly [why: string, text: string, code: string, message: RegExp])[] = [
  ['no JSON', `x${text}`, 'backup-unreadable', /^f is no backup of onion services: it is no JSON$/],
  ['another file', '{"a":1}', 'backup-unreadable', /format: /],
  ['a newer version', changed((json) => (json.version = 2)), 'backup-unreadable', /version: /],
  ['no service', changed((json) => (json.services = [])), 'backup-unreadable', /services: /],
  [
    'a name that leads out of the folder',
    changed((json) => (json.services[1].name = '../../etc')),
    'backup-unreadable',
    /services\.1\.name: is no name of a service/,
  ],
  [
    'a name twice',
    changed((json) => (json.services[1].name = 'mail')),
    'backup-unreadable',
    /the service mail stands in it twice/,
  ],
  [
    'a file is missing',
    changed((json) => delete json.services[0].hostname),
    'backup-unreadable',
    /hostname: /,
  ],
  ['no base 64', changed((json) => (json.services[0].hostname = '%')), 'backup-unreadable', /hostname: /],
  [
    'keys that do not belong together',
    changed((json) => {
      json.services[1].hs_ed25519_secret_key = json.services[0].hs_ed25519_secret_key;
    }),
    'onion-keys-invalid',
    /^f, service next: /,
  ],
];

for (const [why, content, code, message] of broken) {
  test(`a backup that is none: ${why}`, () => {
    assert.throws(() => parseKeyBackup(content, 'f'), { code, message });
  });
}
