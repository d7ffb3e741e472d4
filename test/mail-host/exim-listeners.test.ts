import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEximSockets } from '../../src/mail-host/exim-listeners.ts';
import { splitEximList } from '../../src/mail-host/exim-list.ts';

const lists: readonly [list: string, items: readonly string[], why: string][] = [
  ['', [], 'nothing'],
  ['a : b:c', ['a', 'b', 'c'], 'colons'],
  ['127.0.0.1 : ::::1', ['127.0.0.1', '::1'], 'a doubled colon is one of the item'],
  ['<; 127.0.0.1.2501 ; ::1', ['127.0.0.1.2501', '::1'], 'another separator, as Debian writes it'],
  ['<, a,,b , c', ['a,b', 'c'], 'doubled, it is one of the item too'],
];

test('lists', () => {
  for (const [list, items, why] of lists) assert.deepEqual(splitEximList(list), items, why);
});

const sockets: readonly [interfaces: string, ports: string, names: readonly string[], why: string][] = [
  ['<; 127.0.0.1.2501 ; 127.0.0.1.2515', 'smtp', ['127.0.0.1.2501', '127.0.0.1.2515'], 'ports of their own'],
  [
    '<; 127.0.0.1 ; ::1',
    '25 : 587',
    ['127.0.0.1.25', '127.0.0.1.587', '::1.25', '::1.587'],
    'the usual ports',
  ],
  ['', 'smtp', ['0.0.0.0.25', '::.25'], 'nothing is said: everywhere'],
  ['<; 0.0.0.0 ; ::0 ; [::1]:2525', 'smtp', ['0.0.0.0.25', '::.25', '::1.2525'], 'all, and one more'],
  ['mail.example.org', 'smtp', [], 'a name is asked of nobody'],
];

test('sockets', () => {
  for (const [interfaces, ports, names, why] of sockets)
    assert.deepEqual(
      parseEximSockets(interfaces, ports, '').map(({ name }) => name),
      names,
      why,
    );
});

test('TLS from the first byte', () => {
  const found = parseEximSockets('127.0.0.1', '25 : 465', 'submissions');
  assert.deepEqual(
    found.map(({ name, isTlsOnly }) => [name, isTlsOnly]),
    [
      ['127.0.0.1.25', false],
      ['127.0.0.1.465', true],
    ],
  );
});
