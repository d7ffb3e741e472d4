import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { blackholeLines, blackholeRestriction } from '../../src/mail-host/blackhole.ts';
import { parsePlainAddress } from '../../src/protocol/mail-address.ts';

test('the three lines, and the restriction of the clear net', () => {
  assert.deepEqual(blackholeLines(parsePlainAddress('blackhole@mail.example.org')), {
    transport: '/^blackhole(\\+[^@]*)?@mail\\.example\\.org$/ discard:the test address',
    alias: '/^blackhole(\\+[^@]*)?@mail\\.example\\.org$/ blackhole@mail.example.org',
    access:
      '/^blackhole(\\+[^@]*)?@mail\\.example\\.org$/ 550 5.7.1 This address is only available through onionmx',
  });
  assert.equal(
    blackholeRestriction('/etc/postfix/onionmx-test-address.regexp'),
    'check_recipient_access regexp:/etc/postfix/onionmx-test-address.regexp',
  );
});

test('docs/receiving.md has the lines', () => {
  const page = readFileSync('docs/receiving.md', 'utf8');
  const table = '/etc/postfix/onionmx-test-address.regexp';
  const lines = blackholeLines(parsePlainAddress('blackhole@example.org'));
  for (const line of [...Object.values(lines), blackholeRestriction(table)])
    assert.ok(page.includes(`${line}\n`), line);
});
