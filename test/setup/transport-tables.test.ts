import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatDomainNameTable, isDomainKey } from '../../src/setup/domain-name-table.ts';
import { formatOwnDomainTable } from '../../src/setup/own-domain-table.ts';
import { addTables, otherTables } from '../../src/setup/transport-tables.ts';

const ours = {
  names: 'regexp:/etc/postfix/onionmx-names.regexp',
  own: 'regexp:/etc/postfix/onionmx-own.regexp',
  socketmap: 'socketmap:unix:onionmx/map.sock:onionmx',
};
const last = `${ours.own}, ${ours.socketmap}`;
const hash = `hash:/t, pipemap:{${ours.names}, hash:/t}`;

describe('transport_maps', () => {
  const rows: readonly [why: string, before: string, after: string][] = [
    ['none yet', '', last],
    ['the operator’s tables stay in front, and are asked by domain there', 'hash:/t', `${hash}, ${last}`],
    [
      'tables of patterns are asked for addresses alone',
      'regexp:/r, static:x',
      `regexp:/r, static:x, ${last}`,
    ],
    [
      'ours are there: as it is',
      `regexp:/r ${ours.own} ${ours.socketmap}`,
      `regexp:/r ${ours.own} ${ours.socketmap}`,
    ],
    ['ours in front of others: they go behind', `${last}, hash:/t`, `${hash}, ${last}`],
    ['only the map', ours.socketmap, last],
    ['the wrong order', `${ours.socketmap} ${ours.own}`, last],
    [
      'an older socket and an older place are replaced',
      'regexp:/old/onionmx-own.regexp, socketmap:inet:127.0.0.1:2525:onionmx, hash:/t',
      `${hash}, ${last}`,
    ],
    ['a table that is gone takes its pipemap along', `${hash.replace('hash:/t, ', '')}, ${ours.own}`, last],
  ];
  for (const [why, before, after] of rows) {
    test(why, () => {
      assert.equal(addTables(before, ours), after);
      assert.equal(addTables(after, ours), after, 'a second time');
    });
  }

  test('the tables of others', () => {
    assert.deepEqual(otherTables(`${hash} ${ours.own} {inline:{a=b}} ${ours.socketmap}`), [
      'hash:/t',
      '{inline:{a=b}}',
    ]);
  });
});

/** What the lines of a regexp table give for an address: the first that matches. */
function ask(table: string, address: string): string | undefined {
  const lines = table.split('\n').filter((line) => line.startsWith('/'));
  const rules = lines.map((line) => /^\/(.*)\/ +(.*)$/.exec(line) ?? []);
  return rules.find(([, pattern = '(?!)']) => new RegExp(pattern, 'i').test(address))?.[2];
}

test('the table of own domains: a dot is a dot, and nothing matches in the middle', () => {
  const own = { exact: ['example.org'], withSubdomains: ['relay.test'], unlisted: [] };
  const table = formatOwnDomainTable(own, ['/^test@example\\.org$/ discard:']);
  for (const address of ['bob@example.org', 'b@EXAMPLE.org', 'b@relay.test', 'b@a.relay.test'])
    assert.equal(ask(table, address), ':', address);
  const others = ['exampleXorg', 'an-example.org', 'x.example.org', 'example.org.evil.test', 'norelay.test'];
  for (const domain of others) assert.equal(ask(table, `b@${domain}`), undefined, domain);
  assert.equal(ask(table, 'test@example.org'), 'discard:');
});

test('the table of names: the longest first, as Postfix searches', () => {
  const table = formatDomainNameTable(['example.org', '.example.org', '.a.example.org']);
  const rows = [
    ['b@example.org', 'example.org'],
    ['b@x.example.org', '.example.org'],
    ['b@x.a.example.org', '.a.example.org'],
    ['b@exampleXorg', undefined],
    ['b@myexample.org', undefined],
  ] as const;
  for (const [address, name] of rows) assert.equal(ask(table, address), name, address);
});

test('keys of transport tables that are domains', () => {
  assert.deepEqual(['a.test', '.a.test', 'x@a.test', '*', 'localhost'].filter(isDomainKey), [
    'a.test',
    '.a.test',
    'localhost',
  ]);
});
