import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { onionAliasLines, onionRecipientCheck } from '../../src/mail-host/onion-aliases.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const onion = makeOnionAddress(1);
const lines = onionAliasLines(onion, parseDomainName('mail.example.org'));
const label = onion.replace('.onion', '');

test('an own onion address in tables of Postfix', () => {
  assert.deepEqual(lines, {
    alias: [
      `/^([^@]+\\.)?${label}\\.onion$/ an onion address of this host`,
      `/^([^@%!]+)@([^@]+\\.)?${label}\\.onion$/ $1@mail.example.org`,
    ],
    sender: `/^(.+)@mail\\.example\\.org$/ $1@${onion}`,
  });
});

const keys: readonly [key: string, line: 0 | 1 | undefined][] = [
  [onion, 0],
  [`a.b.${onion}`, 0],
  [`bob@${onion}`, 1],
  [`bob+x@mail.${onion}`, 1],
  [`victim%elsewhere.test@${onion}`, undefined],
  [`elsewhere.test!victim@${onion}`, undefined],
  [`"victim@elsewhere.test"@${onion}`, undefined],
  [`x${onion}`, undefined],
  [`bob@x${onion}`, undefined],
  [`bob@${onion}.test`, undefined],
];
for (const [key, line] of keys) {
  test(`${key.replace(label, 'AAA')} meets ${line === undefined ? 'no line' : `line ${line + 1}`}`, () => {
    const found = lines.alias.findIndex((text) => {
      const [, pattern = ''] = /^\/(.*)\/ /.exec(text) ?? [];
      return new RegExp(pattern, 'i').test(key);
    });
    assert.equal(found, line ?? -1);
  });
}

test('docs/onion-addresses.md has the lines', () => {
  const page = readFileSync('docs/onion-addresses.md', 'utf8');
  const { alias, sender } = onionAliasLines(onion, parseDomainName('example.org'));
  for (const line of [...alias, sender, `{ smtpd_recipient_restrictions = ${onionRecipientCheck} }`])
    assert.ok(page.includes(`${line.replace(label, 'AAA')}\n`), line);
});
