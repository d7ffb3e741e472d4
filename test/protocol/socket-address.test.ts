import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import {
  formatSocketAddress,
  isLocalAddress,
  parseSocketAddress,
  type SocketAddress,
} from '../../src/protocol/socket-address.ts';

const good: readonly [text: string, address: SocketAddress, isLocal: boolean][] = [
  ['unix:/run/x', { kind: 'unix', path: '/run/x' }, true],
  [`unix:/${'x'.repeat(106)}`, { kind: 'unix', path: `/${'x'.repeat(106)}` }, true],
  ['127.0.0.1:25', { kind: 'tcp', host: '127.0.0.1', port: 25 }, true],
  ['127.73.1.2:2525', { kind: 'tcp', host: '127.73.1.2', port: 2525 }, true],
  ['[::1]:0', { kind: 'tcp', host: '::1', port: 0 }, true],
  ['192.0.2.1:65535', { kind: 'tcp', host: '192.0.2.1', port: 65_535 }, false],
  ['0.0.0.0:25', { kind: 'tcp', host: '0.0.0.0', port: 25 }, false],
  ['[::]:25', { kind: 'tcp', host: '::', port: 25 }, false],
  ['[2001:db8::1]:53', { kind: 'tcp', host: '2001:db8::1', port: 53 }, false],
];

for (const [text, address, isLocal] of good) {
  test(`the socket address ${text.slice(0, 30)}`, () => {
    assert.deepEqual(parseSocketAddress(text), address);
    assert.equal(formatSocketAddress(address), text);
    assert.equal(isLocalAddress(address), isLocal);
  });
}

const bad: readonly [text: string, why: string][] = [
  ['', 'write unix:/absolute/path or IP-ADDRESS:PORT'],
  ['25', 'write unix:/absolute/path or IP-ADDRESS:PORT'],
  ['127.0.0.1', 'write unix:/absolute/path or IP-ADDRESS:PORT'],
  ['::1:25', 'write unix:/absolute/path or IP-ADDRESS:PORT'],
  ['localhost:25', 'write unix:/absolute/path or IP-ADDRESS:PORT'],
  ['127.0.0.1:', 'write unix:/absolute/path or IP-ADDRESS:PORT'],
  ['127.0.0.1:25x', 'write unix:/absolute/path or IP-ADDRESS:PORT'],
  ['127.0.0.1:-1', 'write unix:/absolute/path or IP-ADDRESS:PORT'],
  ['127.0.0.1:65536', 'the port 65536 is above 65535'],
  ['127.0.1:25', '127.0.1 is no IP address'],
  ['127.0.0.256:25', '127.0.0.256 is no IP address'],
  ['127.0.0.01:25', '127.0.0.01 is no IP address'],
  ['127.0.0.1.1:25', '127.0.0.1.1 is no IP address'],
  ['[:::1]:25', ':::1 is no IP address'],
  ['[1]:25', '1 is no IP address'],
  ['unix:', 'the path must be absolute'],
  ['unix:run/x', 'the path must be absolute'],
  ['unix:/run/x\0y', 'the path has a control character'],
  [`unix:/${'x'.repeat(107)}`, 'the path has 108 bytes (107 at most)'],
  [`unix:/${'ü'.repeat(54)}`, 'the path has 109 bytes (107 at most)'],
];

for (const [text, why] of bad) {
  test(`no socket address: ${JSON.stringify(text).slice(0, 30)}`, () => {
    assert.throws(
      () => parseSocketAddress(text),
      (error) => {
        assert.ok(error instanceof OnionmxError);
        assert.equal(error.code, 'socket-address-invalid');
        assert.equal(error.message, `${JSON.stringify(text)} is no socket address: ${why}`);
        return true;
      },
    );
  });
}

test('every address that is written is read back', () => {
  const tcp = fc.record(
    {
      kind: fc.constant('tcp' as const),
      host: fc.oneof(
        fc.ipV4(),
        fc.ipV6().filter((host) => !host.includes('.')),
      ),
      port: fc.nat(65_535),
    },
    { noNullPrototype: true },
  );
  const unix = fc.record(
    {
      kind: fc.constant('unix' as const),
      path: fc.stringMatching(/^[\x20-\x7e]{0,100}$/).map((rest) => `/${rest}`),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.oneof(tcp, unix), (address) => {
      assert.deepEqual(parseSocketAddress(formatSocketAddress(address)), address);
    }),
  );
});

test('any text is an address or refused with socket-address-invalid', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((rest) => `unix:${rest}`),
        fc.ipV6(),
      ),
      (text) => {
        try {
          assert.equal(formatSocketAddress(parseSocketAddress(text)), text);
        } catch (error) {
          assert.ok(error instanceof OnionmxError && error.code === 'socket-address-invalid', String(error));
        }
      },
    ),
  );
});
