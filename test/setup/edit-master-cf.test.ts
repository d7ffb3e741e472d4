import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseMasterServices } from '../../src/mail-host/master-services.ts';
import { addOption, setService } from '../../src/setup/edit-master-cf.ts';

const master = `# services
smtp      inet  n       -       y       -       -       smtpd
#  -o syslog_name=commented
submission inet n - y - - smtpd
  -o syslog_name=postfix/submission
# between
  -o smtpd_tls_security_level=encrypt
lmtp      unix  -       -       y       -       -       lmtp
`;

describe('master.cf', () => {
  test('a new service goes to the end, below the comment, an option a line', () => {
    assert.equal(
      setService(master, 'onion unix - - y - - lmtp', ['syslog_name=postfix/onion'], 'onionmx'),
      `${master}# onionmx\nonion unix - - y - - lmtp\n    -o syslog_name=postfix/onion\n`,
    );
  });

  test('a service that says the same in another layout stays to the byte', () => {
    const options = ['syslog_name=postfix/submission', 'smtpd_tls_security_level=encrypt'];
    assert.equal(setService(master, 'submission inet n - y - - smtpd', options, 'onionmx'), master);
  });

  test('a service that differs is replaced where it stands; comments in it stay', () => {
    const edited = setService(master, 'submission inet n - n - - smtpd', ['a=b'], 'onionmx');
    assert.equal(
      edited,
      `# services
smtp      inet  n       -       y       -       -       smtpd
#  -o syslog_name=commented
submission inet n - n - - smtpd
    -o a=b
# between
lmtp      unix  -       -       y       -       -       lmtp
`,
    );
  });

  test('name and type together are a service: another type is another one', () => {
    const edited = setService(master, 'smtp unix - - y - - smtp', [], 'onionmx');
    assert.ok(edited.endsWith('# onionmx\nsmtp unix - - y - - smtp\n'));
  });

  test('an option goes behind the last of its service', () => {
    const [, submission] = parseMasterServices(master);
    assert.ok(submission !== undefined);
    assert.equal(addOption(master, submission, 'x=y'), master.replace('encrypt\n', 'encrypt\n    -o x=y\n'));
  });

  test('an option for a service that is not there changes nothing', () => {
    const absent = { name: 'nobody', type: 'inet', chroot: 'y', command: 'smtpd', overrides: new Map() };
    assert.equal(addOption(master, absent, 'x=y'), master);
  });
});
