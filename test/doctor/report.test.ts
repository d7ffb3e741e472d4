import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { areas, checks, find, placeOfTrouble } from '../../src/doctor/finding.ts';
import { formatFindings, sortByArea } from '../../src/doctor/report.ts';

test('one line each in the order of the areas; what is not ok has its name, its reason and the next command', () => {
  const findings = sortByArea([
    find('error', 'srv', 'two\nlines', 'the reason', 'the command'),
    find('ok', 'map', 'the map is fine'),
    find('unknown', 'filters', 'who knows', 'it needs this'),
    find('warning', 'tor-program', 'old'),
  ]);
  assert.equal(
    formatFindings(findings),
    `ok       host: the map is fine
warning  tor: old (tor-program)
error    dns: two
         lines (srv)
         the reason
         → the command
unknown  policy: who knows (filters)
         it needs this
1 ok, 1 warning, 1 error, 1 unknown
`,
  );
});

test('the first error says where the trouble lies, and an open relay counts before all', () => {
  const [tor, dns, relay] = [
    find('error', 'tor-socks', ''),
    find('error', 'srv', ''),
    find('error', 'relay', ''),
  ];
  assert.equal(placeOfTrouble([tor, dns]), 'tor');
  assert.equal(placeOfTrouble([dns, tor]), 'config');
  assert.equal(placeOfTrouble([tor, dns, relay]), 'relay');
  assert.equal(placeOfTrouble([find('warning', 'relay', ''), find('unknown', 'srv', '')]), undefined);
});

test('docs/doctor.md has each check once, with its area, in this order', () => {
  const page = readFileSync('docs/doctor.md', 'utf8');
  const rows = Array.from(
    page.matchAll(/^\| ([\w-]+) +\| `([a-z-]+)` /gm),
    ([, area, id]) => `${area} ${id}`,
  );
  const known = Object.entries(checks).map(([id, { area }]) => `${area} ${id}`);
  assert.deepEqual(rows, known);
  const order = Object.values(checks).map(({ area }) => areas.indexOf(area));
  assert.deepEqual(
    order,
    order.toSorted((one, other) => one - other),
  );
});
