import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatTarget } from '../../src/relay-check/finding.ts';
import { parseHiddenServices } from '../../src/mail-host/hidden-services.ts';

test('each HiddenServiceDir begins a service, and the lines below are its own', () => {
  const services = parseHiddenServices(`SocksPort 9050
HiddenServicePort 80
HiddenServiceDir /var/lib/tor/mail/
HiddenServiceVersion 3
HiddenServicePort 25 127.0.0.1:2515
HiddenServicePort 587 127.0.0.1:2516 # submission
HiddenServiceExportCircuitID haproxy

HiddenServiceDir /var/lib/tor/web
HiddenServicePort 80 unix:/run/web.sock
`);
  assert.deepEqual(services, [
    {
      folder: '/var/lib/tor/mail/',
      exportsCircuitId: true,
      line: 3,
      ports: [
        { virtualPort: 25, target: { kind: 'tcp', host: '127.0.0.1', port: 2515 }, line: 5 },
        { virtualPort: 587, target: { kind: 'tcp', host: '127.0.0.1', port: 2516 }, line: 6 },
      ],
    },
    {
      folder: '/var/lib/tor/web',
      exportsCircuitId: false,
      line: 9,
      ports: [{ virtualPort: 80, target: { kind: 'unix', path: '/run/web.sock' }, line: 10 }],
    },
  ]);
});

const targets = [
  { value: '25', expected: '127.0.0.1:25', reason: 'no target: the virtual port on this host' },
  { value: '25 2515', expected: '127.0.0.1:2515', reason: 'a port alone' },
  { value: '25  \t 2515  ', expected: '127.0.0.1:2515', reason: 'blanks' },
  { value: '25 127.0.0.1:2515', expected: '127.0.0.1:2515', reason: 'both' },
  { value: '25 127.0.0.2', expected: '127.0.0.2:25', reason: 'an address alone: the virtual port' },
  { value: '25 [::1]:2515', expected: '[::1]:2515', reason: 'IPv6' },
  { value: '25 [::1]', expected: '[::1]:25', reason: 'IPv6 alone' },
  { value: '25 LocalHost:2515', expected: '127.0.0.1:2515', reason: 'the one name that needs no resolver' },
  { value: '25 unix:/run/mail', expected: 'unix:/run/mail', reason: 'a Unix-domain socket' },
  { value: '25 unix:"/run/my mail"', expected: 'unix:/run/my mail', reason: 'its path in quotes' },
  { value: '"25 127.0.0.1:2515"', expected: '127.0.0.1:2515', reason: 'the whole value in quotes' },
  { value: '"25 unix:/a#\\x62\\143\\"" # x', expected: 'unix:/a#bc"', reason: 'escapes, and # in quotes' },
  { value: '25 2515#x', expected: '127.0.0.1:2515', reason: 'a comment needs no blank' },
  { value: '25 mx.test:25', expected: 'mx.test:25', reason: 'a host name: not ours to resolve' },
  { value: '25 unix:mail', expected: 'unix:mail', reason: 'no absolute path' },
  { value: '25 127.0.0.1:99999', expected: '127.0.0.1:99999', reason: 'no port' },
  { value: '0 2515', expected: undefined, reason: 'tor refuses it' },
  { value: '65536 2515', expected: undefined, reason: 'tor refuses it' },
  { value: 'smtp 2515', expected: undefined, reason: 'tor knows no port names' },
  { value: '', expected: undefined, reason: 'nothing' },
];

test('where a port leads', () => {
  for (const { value, expected, reason } of targets) {
    const [service] = parseHiddenServices(`HiddenServiceDir /a\nHiddenServicePort ${value}\n`);
    const [port] = service?.ports ?? [];
    assert.equal(port && formatTarget(port.target), expected, `${value}: ${reason}`);
  }
});

test('what is no address is marked as such', () => {
  const [service] = parseHiddenServices('HiddenServiceDir /a\nHiddenServicePort 25 mx.test:25');
  assert.deepEqual(service?.ports[0]?.target, { kind: 'other', text: 'mx.test:25' });
});

const circuitIds = [
  { lines: 'HiddenServiceExportCircuitID haproxy', exports: true, reason: 'as documented' },
  { lines: 'hiddenserviceexportcircuitid HAProxy', exports: true, reason: 'tor folds the case of both' },
  { lines: 'HiddenServiceExportCircuitID none', exports: false, reason: 'off' },
  { lines: '# HiddenServiceExportCircuitID haproxy', exports: false, reason: 'a comment' },
  { lines: 'HiddenServiceExportCircuitID "haproxy"', exports: true, reason: 'quotes' },
  { lines: 'HiddenServiceExportCircuitID \\\n  haproxy', exports: true, reason: 'continued' },
  {
    lines: 'HiddenServiceExportCircuitID \\\n# why\n  haproxy',
    exports: true,
    reason: 'a comment between the parts',
  },
  {
    lines: '# about \\\nHiddenServiceExportCircuitID haproxy',
    exports: true,
    reason: 'a comment ends with its line',
  },
  { lines: '\t HiddenServiceExportCircuitID\thaproxy\r', exports: true, reason: 'blanks, and CRLF' },
  {
    lines: 'HiddenServiceExportCircuitID haproxy\nHiddenServiceDir /b\nHiddenServiceExportCircuitID none',
    exports: true,
    reason: 'that of another service',
  },
];

test('whether the circuit is told', () => {
  for (const { lines, exports, reason } of circuitIds) {
    const [service] = parseHiddenServices(`HiddenServiceDir /a\n${lines}`);
    assert.equal(service?.exportsCircuitId, exports, `${lines}: ${reason}`);
  }
});

test('line numbers count continued lines', () => {
  const text =
    'SocksPort \\\n  9050\n\n+HiddenServiceDir "/a b" # quoted\nHiddenServicePort 25 \\\n 2515\nHiddenServicePort 26';
  const [service] = parseHiddenServices(text);
  assert.equal(service?.folder, '/a b');
  assert.deepEqual([service?.line, service?.ports.map(({ line }) => line)], [4, [5, 7]]);
});

test('no text is too strange', () => {
  const piece = fc.constantFrom(
    'HiddenServiceDir',
    'HiddenServicePort',
    '25',
    ' ',
    '\n',
    '"',
    '\\',
    '\\\n',
    '#',
    '[',
    ':',
    'unix:/a',
    '\\x4',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (torrc) => {
      for (const { ports } of parseHiddenServices(torrc))
        for (const { virtualPort } of ports) assert.ok(virtualPort > 0 && virtualPort < 65536);
    }),
  );
});
