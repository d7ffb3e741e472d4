import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResolvConf } from '../../../src/routing/dns/read-resolv-conf.ts';

const rows: readonly (readonly [why: string, text: string, hosts: readonly string[]])[] = [
  ['one resolver', 'nameserver 192.0.2.1\n', ['192.0.2.1']],
  ['several, in their order', 'nameserver 192.0.2.2\nnameserver 2001:db8::1\n', ['192.0.2.2', '2001:db8::1']],
  [
    'tabs, trailing spaces, CRLF, no last line end',
    'nameserver\t192.0.2.1 \r\nnameserver 192.0.2.2',
    ['192.0.2.1', '192.0.2.2'],
  ],
  ['search lists and options', 'search example.org\noptions edns0\nnameserver ::1', ['::1']],
  ['comments', '# nameserver 192.0.2.9\n;nameserver 192.0.2.9\nnameserver 192.0.2.1 # mine', ['192.0.2.1']],
  ['no nameserver line: the local one', 'search example.org\n', ['127.0.0.1']],
  ['nothing at all: the local one', '', ['127.0.0.1']],
  [
    'bad addresses are skipped',
    'nameserver 192.0.2.300\nnameserver dns.example\nnameserver\nnameserver 192.0.2.1',
    ['192.0.2.1'],
  ],
  [
    'a zone cannot be told to a socket address',
    'nameserver fe80::1%eth0\nnameserver 192.0.2.1',
    ['192.0.2.1'],
  ],
  [
    'what only our own configuration can say',
    'nameserver tcp://192.0.2.1\nnameserver 192.0.2.2:5353',
    ['127.0.0.1'],
  ],
  ['another keyword that begins alike', 'nameservers 192.0.2.9\n', ['127.0.0.1']],
];

for (const [why, text, hosts] of rows) {
  test(`resolv.conf: ${why}`, () => {
    assert.deepEqual(
      parseResolvConf(text),
      hosts.map((host) => ({ transport: 'udp', host, port: 53, isOverTor: false })),
    );
  });
}
