import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTransportTables } from '../../src/doctor/transport-tables.ts';
import { parseSocketAddress } from '../../src/protocol/socket-address.ts';

const addresses = ['unix:/q/onionmx/map.sock', '127.0.0.1:2526', '[::1]:2527'].map(parseSocketAddress);

const ours: readonly string[] = [
  'socketmap:unix:onionmx/map.sock:onionmx',
  'socketmap:unix:/q/onionmx/map.sock:any',
  'proxy:socketmap:unix:onionmx/map.sock:onionmx',
  'socketmap:inet:127.0.0.1:2526:onionmx',
  'socketmap:inet:localhost:2526:onionmx',
  'tcp:127.0.0.1:2526',
  'tcp:localhost:2526',
  'tcp:[::1]:2527',
];

for (const table of ours)
  test(`a table that leads to us: ${table}`, () => {
    const found = readTransportTables(`hash:/etc/x, ${table} regexp:/etc/y`, '/q', addresses);
    assert.deepEqual(found, { before: ['hash:/etc/x'], ours: table, strangers: [] });
  });

test('tables that lead elsewhere', () => {
  const value = 'socketmap:unix:onionmx/map2.sock:onionmx, tcp:127.0.0.1:9, inline:{a=b c=d}';
  assert.deepEqual(readTransportTables(value, '/q', addresses), {
    before: ['socketmap:unix:onionmx/map2.sock:onionmx', 'tcp:127.0.0.1:9', 'inline:{a=b c=d}'],
    ours: undefined,
    strangers: ['socketmap:unix:onionmx/map2.sock:onionmx', 'tcp:127.0.0.1:9'],
  });
});

test('no tables', () => {
  assert.deepEqual(readTransportTables('', '/q', addresses), { before: [], ours: undefined, strangers: [] });
});
