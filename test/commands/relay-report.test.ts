import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingToText, unnamedToText } from '../../src/commands/relay-report.ts';

const finding = {
  service: '/var/lib/tor/mail',
  virtualPort: 25,
  listener: 'smtp',
  what: 'onion clients appear as 127.0.0.1',
  setting: 'mynetworks = 127.0.0.0/8',
} as const;

test('a finding: where, how bad, why, the setting, and the line that mends it', () => {
  assert.equal(
    findingToText({ ...finding, severity: 'open', fix: 'master.cf: -o mynetworks=' }),
    `/var/lib/tor/mail, port 25: AN OPEN RELAY: onion clients appear as 127.0.0.1
  mynetworks = 127.0.0.0/8
  to mend it: master.cf: -o mynetworks=
`,
  );
});

test('what is fine needs no cure', () => {
  const text = findingToText({ ...finding, severity: 'fine', fix: undefined });
  assert.match(text, /, port 25: fine: /);
  assert.doesNotMatch(text, /mend/);
});

test('a service that cannot be tried through Tor is named, with what to do', () => {
  assert.equal(
    unnamedToText('/var/lib/tor/mail'),
    '/var/lib/tor/mail: not tried through Tor: /var/lib/tor/mail/hostname cannot be read; run this as root, or name the address\n',
  );
});
