import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { editSettings } from '../../src/setup/edit-settings.ts';

const nothing = { defaults: [], choices: [] };
const service = { name: 'mail', target: '127.0.0.1:2515' };

describe('the settings file', () => {
  test('a new file says what it is', () => {
    assert.equal(
      editSettings(undefined, { ownDomains: ['example.org'], onionService: service, ...nothing }),
      `# Settings of onionmx. \`onionmx config\` prints all of them, with explanations.

domains:
  own:
    - example.org
receiving:
  onionServices:
    - name: mail
      target: 127.0.0.1:2515
`,
    );
  });

  test('what stands there stays, with its comments', () => {
    const text = `# mine
log: { level: debug } # for now
domains:
  # the first
  own: [example.org]
`;
    assert.equal(
      editSettings(text, { ownDomains: ['example.net'], onionService: undefined, ...nothing }),
      `# mine
log: { level: debug } # for now
domains:
  # the first
  own:
    - example.org
    - example.net
`,
    );
  });

  const unchanged: readonly [why: string, text: string][] = [
    ['the domain is known, in capitals', 'domains: {own: [Example.ORG]}\n'],
    ['a layout of its own', 'domains:\n    own:   [ "example.org" ]   # x\n\n\n'],
  ];
  for (const [why, text] of unchanged) {
    test(`nothing is missing, so nothing changes: ${why}`, () => {
      assert.equal(
        editSettings(text, { ownDomains: ['example.org'], onionService: undefined, ...nothing }),
        text,
      );
    });
  }

  test('an onion service that is there is left alone', () => {
    const text = 'receiving:\n  onionServices:\n    - name: old\n';
    assert.equal(editSettings(text, { ownDomains: [], onionService: service, ...nothing }), text);
  });

  test('a value is set unless the file says something of it', () => {
    const values = [
      { path: ['lookup', 'socketmap'], value: ['unix:/a'] },
      { path: ['sockets', 'group'], value: 'Debian-exim' },
    ];
    const text = 'sockets:\n  group: mine\n';
    assert.equal(
      editSettings(text, { ownDomains: [], onionService: undefined, defaults: values, choices: [] }),
      `${text}lookup:\n  socketmap:\n    - unix:/a\n`,
    );
  });

  test('a choice is set whatever the file says, once', () => {
    const choices = [{ path: ['receiving', 'testAddress'], value: 'x@a.test' }];
    const wanted = { ownDomains: [], onionService: undefined, defaults: [], choices };
    const text = 'receiving:\n  testAddress: x@a.test\n';
    assert.equal(
      editSettings('receiving: {testAddress: null}\n', wanted),
      'receiving: { testAddress: x@a.test }\n',
    );
    assert.equal(editSettings(text, wanted), text);
  });

  test('an empty file and an empty list are filled', () => {
    assert.equal(
      editSettings('', { ownDomains: ['a.test'], onionService: undefined, ...nothing }),
      'domains:\n  own:\n    - a.test\n',
    );
    assert.equal(
      editSettings('domains:\n  own: []\n', { ownDomains: ['a.test'], onionService: undefined, ...nothing }),
      'domains:\n  own:\n    - a.test\n',
    );
  });
});
