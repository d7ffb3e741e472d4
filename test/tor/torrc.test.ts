import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatTorrc, torPathsIn } from '../../src/tor/torrc.ts';

function linesFor(folder: string, extraLines: readonly string[] = []): string[] {
  return formatTorrc(torPathsIn(folder), 42, extraLines)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('all that our tor is told', () => {
  assert.deepEqual(linesFor('/var/lib/onionmx/tor'), [
    'DataDirectory "/var/lib/onionmx/tor/data"',
    'Log notice stdout',
    'SocksPort unix:"/var/lib/onionmx/tor/socks" ExtendedErrors OnionTrafficOnly IsolateSOCKSAuth',
    'SocksPort unix:"/var/lib/onionmx/tor/exit" ExtendedErrors NoOnionTraffic IsolateSOCKSAuth',
    'ControlPort unix:"/var/lib/onionmx/tor/control"',
    'CookieAuthentication 1',
    'CookieAuthFile "/var/lib/onionmx/tor/control_auth_cookie"',
    'DormantTimeoutEnabled 0',
    '__OwningControllerProcess 42',
  ]);
});

test('the lines of the operator come last, so that they hold', () => {
  const extra = ['Log info file /var/log/tor.log', 'DormantTimeoutEnabled 1'];
  assert.deepEqual(linesFor('/var/lib/onionmx/tor', extra).slice(-2), extra);
});

test('spaces, quotes and backslashes in the folder', () => {
  assert.equal(linesFor('/a b/"c"\\d')[0], String.raw`DataDirectory "/a b/\"c\"\\d/data"`);
});

test('a folder can never begin an option of its own', () => {
  assert.throws(() => linesFor('/var/lib/x\nORPort 9001'), {
    code: 'socket-address-invalid',
    message: /has a control character/,
  });
  const folder = fc.string({ unit: 'binary-ascii', maxLength: 60 });
  fc.assert(
    fc.property(folder, (text) => {
      try {
        assert.equal(linesFor(`/${text}`).length, 9);
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error && error.code === 'socket-address-invalid');
      }
    }),
  );
});

test('a socket path that the kernel would cut', () => {
  assert.equal(linesFor(`/${'x'.repeat(98)}`).length, 9);
  assert.throws(() => torPathsIn(`/${'x'.repeat(99)}`), {
    code: 'socket-address-invalid',
    message: /the path has 108 bytes \(107 at most\)/,
  });
});

test('a folder must be absolute: tor would take it from where it was started', () => {
  assert.throws(() => torPathsIn('tor'), { code: 'socket-address-invalid', message: /must be absolute/ });
});
