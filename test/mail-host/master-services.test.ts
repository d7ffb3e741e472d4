import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMasterServices } from '../../src/mail-host/master-services.ts';

test('services of master.cf, with options in both spellings, and lines that go on', () => {
  const text = `# a comment
smtp       inet  n       -       y       -       -       smtpd
onion      unix  -       -       -       -       -       lmtp
    -o syslog_name=postfix/onion -o { lmtp_tls_policy_maps = hash:/x }
`;
  const found = parseMasterServices(text).map(({ name, type, chroot, command, overrides }) => [
    [name, type, chroot, command].join(' '),
    ...overrides,
  ]);
  assert.deepEqual(found, [
    ['smtp inet y smtpd'],
    ['onion unix - lmtp', ['syslog_name', 'postfix/onion'], ['lmtp_tls_policy_maps', 'hash:/x']],
  ]);
});
