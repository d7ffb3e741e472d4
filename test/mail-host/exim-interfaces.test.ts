import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addEximInterface } from '../../src/mail-host/exim-interfaces.ts';

const added = '127.0.0.1.2515';

for (const [why, before, after] of [
  ['empty is everywhere', '', '0.0.0.0 ; ::0 ; 127.0.0.1.2515'],
  ['blanks are empty', '  ', '0.0.0.0 ; ::0 ; 127.0.0.1.2515'],
  ['as Debian asks for it', '127.0.0.1 ; ::1', '127.0.0.1 ; ::1 ; 127.0.0.1.2515'],
  ['a separator at the end', '127.0.0.1 ; ::1 ;', '127.0.0.1 ; ::1 ; 127.0.0.1.2515'],
  ['one address', '192.0.2.1', '192.0.2.1 ; 127.0.0.1.2515'],
  ['one IPv6 address, whose colons are its own', '::1', '::1 ; 127.0.0.1.2515'],
  ['colons, as Exim has them', '192.0.2.1 : 127.0.0.1', '192.0.2.1 : 127.0.0.1 : 127.0.0.1.2515'],
  ['there already', '192.0.2.1 ; 127.0.0.1.2515', '192.0.2.1 ; 127.0.0.1.2515'],
  ['there already, with colons', '127.0.0.1.2515 : 192.0.2.1', '127.0.0.1.2515 : 192.0.2.1'],
  ['another port is another listener', '127.0.0.1.25151', '127.0.0.1.25151 ; 127.0.0.1.2515'],
] as const) {
  test(`the addresses Exim listens on: ${why}`, () => {
    assert.equal(addEximInterface(before, added), after);
  });
}
