import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatSocketAddress } from '../../src/protocol/socket-address.ts';
import { parsePostfixListeners } from '../../src/mail-host/postfix-listeners.ts';

/** What `postconf -Mf` printed of Postfix 3.7.11, with a comment and an empty line as master.cf may have them. */
const folded = `smtp       inet  n       -       y       -       -       smtpd
# the onion listener

127.0.0.1:2515 inet n    -       y       -       -       smtpd
    -o syslog_name=postfix/onion-in
    -o mynetworks=
    -o {smtpd_relay_restrictions=permit_mynetworks, $own_list}
    -o smtpd_upstream_proxy_protocol=haproxy
    -v -v
[::1]:2525 inet  n       -       y       -       -       smtpd
    -o smtpd_client_restrictions=\${own_list},reject
smtpd      pass  -       -       y       -       -       smtpd
/tmp/x     unix  n       -       y       -       -       smtpd
onion      unix  -       -       y       -       -       lmtp
628        inet  n       -       y       -       -       qmqpd
`;
const parameters = `inet_interfaces = all
inet_protocols = ipv4
mynetworks = 127.0.0.0/8 [::1]/128
own_list = reject_unauth_destination
smtpd_client_restrictions =
smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination
smtpd_upstream_proxy_protocol =
`;

function readOne(masterLine: string, parametersText = '') {
  const [listener] = parsePostfixListeners(masterLine, parametersText);
  assert.ok(listener, masterLine);
  return listener;
}

test('only smtpd and postscreen services of type inet listen for mail', () => {
  const names = parsePostfixListeners(folded, parameters).map(({ name }) => name);
  assert.deepEqual(names, ['smtp', '127.0.0.1:2515', '[::1]:2525']);
});

function describeListeners(text: string) {
  return parsePostfixListeners(text, parameters).map((listener) => [
    listener.name,
    listener.expectsProxyLine,
    listener.parameter('smtpd_relay_restrictions'),
    listener.parameter('smtpd_client_restrictions'),
  ]);
}

test('folded and unfolded output say the same', () => {
  assert.deepEqual(describeListeners(folded.replaceAll('\n    ', ' ')), describeListeners(folded));
  assert.deepEqual(describeListeners(folded), [
    ['smtp', false, 'permit_mynetworks, defer_unauth_destination', ''],
    ['127.0.0.1:2515', true, 'permit_mynetworks, reject_unauth_destination', ''],
    ['[::1]:2525', false, 'permit_mynetworks, defer_unauth_destination', 'reject_unauth_destination,reject'],
  ]);
});

const addresses = [
  { name: 'smtp', main: '', expected: '0.0.0.0:25 [::]:25', reason: 'all interfaces, both families' },
  { name: 'smtp', main: 'inet_protocols = ipv4', expected: '0.0.0.0:25', reason: 'no IPv6 sockets' },
  { name: '26', main: 'inet_protocols = ipv6', expected: '[::]:26', reason: 'no IPv4 sockets' },
  { name: 'submission', main: 'inet_protocols = ipv4', expected: '0.0.0.0:587', reason: 'a name' },
  { name: 'submissions', main: 'inet_protocols = ipv4', expected: '0.0.0.0:465', reason: 'a name' },
  { name: 'smtps', main: 'inet_protocols = ipv4', expected: '0.0.0.0:465', reason: 'its older name' },
  {
    name: 'smtp',
    main: 'inet_interfaces = loopback-only',
    expected: '127.0.0.1:25 [::1]:25',
    reason: 'a word for both loopback addresses',
  },
  {
    name: 'smtp',
    main: 'inet_interfaces = 192.0.2.2, [2001:db8::2]',
    expected: '192.0.2.2:25 [2001:db8::2]:25',
    reason: 'a list',
  },
  { name: '127.0.0.1:2515', main: '', expected: '127.0.0.1:2515', reason: 'as written' },
  {
    name: '127.0.0.1:2515',
    main: 'inet_interfaces = 192.0.2.2',
    expected: '127.0.0.1:2515',
    reason: 'a host of its own beats inet_interfaces',
  },
  { name: '[::1]:2525', main: '', expected: '[::1]:2525', reason: 'brackets around IPv6' },
  { name: '::1:2525', main: '', expected: '[::1]:2525', reason: 'and without: the last colon parts' },
  {
    name: 'localhost:smtp',
    main: '',
    expected: '127.0.0.1:25 [::1]:25',
    reason: 'the one host name that needs no resolver',
  },
  { name: 'mx.test:25', main: '', expected: 'mx.test:25', reason: 'other names stay' },
  { name: 'nntp', main: '', expected: '', reason: 'a port name that no mail server uses' },
  { name: '70000', main: '', expected: '', reason: 'no port' },
];

test('where a service listens', () => {
  for (const { name, main, expected, reason } of addresses) {
    const listener = readOne(`${name} inet n - y - - smtpd`, main);
    assert.equal(listener.addresses.map(formatSocketAddress).join(' '), expected, `${name}: ${reason}`);
  }
});

test('inet_interfaces of a service is too late: master has bound the address', () => {
  const listener = readOne('25 inet n - y - - smtpd -o inet_interfaces=127.0.0.1', 'inet_protocols = ipv4');
  assert.deepEqual(listener.addresses, [{ kind: 'tcp', host: '0.0.0.0', port: 25 }]);
});

const overrides = [
  { written: '-o mynetworks=', value: '', reason: 'empty is a value' },
  { written: '-o mynetworks=10.0.0.0/8', value: '10.0.0.0/8', reason: 'plain' },
  { written: '-omynetworks=10.0.0.0/8', value: '10.0.0.0/8', reason: 'no blank after -o' },
  { written: '-o { mynetworks = 10.0.0.1, 10.0.0.2 }', value: '10.0.0.1, 10.0.0.2', reason: 'braces' },
  { written: '-o {mynetworks=}', value: '', reason: 'braces around nothing' },
  { written: '-o mynetworks=10.0.0.1 -o mynetworks=10.0.0.2', value: '10.0.0.2', reason: 'the later holds' },
  { written: '-v -o other=1', value: '127.0.0.1', reason: 'main.cf' },
  { written: '-o mynetworks=$net', value: '192.0.2.0/24', reason: 'a parameter of main.cf' },
  { written: '-o net=10.0.0.0/8 -o mynetworks=$(net)', value: '10.0.0.0/8', reason: 'one of the service' },
  { written: '-o mynetworks=${net},${no}', value: '192.0.2.0/24,', reason: 'an unknown name is empty' },
  { written: '-o mynetworks=$mynetworks', value: '', reason: 'a circle ends' },
  { written: '-o a=$b$b -o b=$a$a -o mynetworks=$a$b', value: '', reason: 'two names in a circle' },
  { written: '-o mynetworks=${net?x}', value: '${net?x}', reason: 'a condition stays' },
  { written: '-o', value: '127.0.0.1', reason: 'nothing behind -o' },
];

test('the value that holds at a listener', () => {
  for (const { written, value, reason } of overrides) {
    const listener = readOne(
      `2515 inet n - y - - smtpd ${written}`,
      'mynetworks = 127.0.0.1\nnet = 192.0.2.0/24',
    );
    assert.equal(listener.parameter('mynetworks'), value, `${written}: ${reason}`);
  }
  assert.equal(readOne('2515 inet n - y - - smtpd').parameter('mynetworks'), undefined);
});

test('the line of HAProxy is expected where the parameter says so', () => {
  const main = 'smtpd_upstream_proxy_protocol = haproxy';
  assert.equal(readOne('25 inet n - y - - smtpd', main).expectsProxyLine, true);
  assert.equal(
    readOne('25 inet n - y - - smtpd -o smtpd_upstream_proxy_protocol=', main).expectsProxyLine,
    false,
  );
  assert.equal(readOne('25 inet n - y - 1 postscreen', main).expectsProxyLine, false, 'another parameter');
  assert.equal(
    readOne('25 inet n - y - 1 postscreen -o postscreen_upstream_proxy_protocol=haproxy').expectsProxyLine,
    true,
  );
});

test('the restrictions of postscreen are those of the smtpd behind it', () => {
  const master = `25 inet n - y - 1 postscreen -o mynetworks=10.0.0.0/8
smtpd pass - - y - - smtpd -o mynetworks=
other pass - - y - - smtpd -o mynetworks=192.0.2.0/24`;
  const listener = readOne(master);
  assert.equal(listener.isPostscreen, true);
  assert.equal(listener.parameter('mynetworks'), '');
  assert.equal(readOne(master, 'smtpd_service_name = other').parameter('mynetworks'), '192.0.2.0/24');
  assert.equal(readOne('25 inet n - y - 1 postscreen').parameter('mynetworks'), undefined, 'none behind it');
});

test('no text is too strange', () => {
  const piece = fc.constantFrom(
    ' ',
    '\n',
    '-o',
    '{',
    '}',
    '$',
    'a=',
    '${a}',
    'inet',
    'smtpd',
    '[::1]:25',
    ':',
    '#',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
    fc.array(piece, { maxLength: 60 }).map((parts) => `25 inet n - y - - smtpd ${parts.join(' ')}`),
  );
  fc.assert(
    fc.property(text, text, (master, main) => {
      for (const listener of parsePostfixListeners(master, main)) listener.parameter('a');
    }),
  );
});
