import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { formatExchanger, toExchangerSet } from '../../../src/protocol/exchanger.ts';
import { type DomainMap, mergeMaps } from '../../../src/routing/map/domain-map.ts';
import { parseDomainMapFile } from '../../../src/routing/map/domain-map-file.ts';
import { makeExchanger, makeOnionAddress } from '../../made-up-onions.ts';

const a = makeOnionAddress(1);
const b = makeOnionAddress(2);

function readMap(...texts: readonly string[]): DomainMap {
  return mergeMaps(texts.map((text, index) => parseDomainMapFile(text, `${index + 1}.yml`)));
}

function find(map: DomainMap, domain: string) {
  return map.find(parseDomainName(domain));
}

const empty = ['', '# only a comment\n', '---\n', '~\n', '{}\n'];

for (const text of empty) {
  test(`an empty map is a map: ${JSON.stringify(text)}`, () => {
    const map = readMap(text);
    assert.equal(map.size, 0);
    assert.equal(find(map, 'a.test'), undefined);
  });
}

test('the community’s form: onion address → domains, at port 25', () => {
  const map = readMap(`# comment\n---\n'${a}':\n  - 'a.test'\n  - Bücher.test\n`);
  assert.equal(map.size, 2);
  assert.deepEqual(find(map, 'a.test')?.exchangers, [makeExchanger(1)]);
  assert.equal(find(map, 'a.test')?.place, '1.yml:4:5');
  assert.equal(find(map, 'xn--bcher-kva.test')?.place, '1.yml:5:5');
});

test('the form with details: domain → exchangers, most preferred first', () => {
  const map = readMap(
    `a.test:\n  - {onion: ${b}, port: 26, priority: 20, weight: 3}\n  - onion: ${a.toUpperCase()}\n  - ${b}:27\n`,
  );
  const entry = find(map, 'a.test');
  assert.equal(entry?.place, '1.yml:1:1');
  assert.deepEqual(
    entry?.exchangers,
    toExchangerSet([
      makeExchanger(1),
      makeExchanger(2, { port: 27 }),
      makeExchanger(2, { port: 26, priority: 20, weight: 3 }),
    ]),
  );
});

test('keys are onion addresses in any spelling: upper case, with the root, with a subdomain', () => {
  const map = readMap(`${a.toUpperCase()}: [a.test]\nmail.${b}.: [b.test]\n`);
  assert.deepEqual(find(map, 'a.test')?.exchangers, [makeExchanger(1)]);
  assert.deepEqual(find(map, 'b.test')?.exchangers, [makeExchanger(2)]);
});

test('both forms may stand in one file', () => {
  const map = readMap(`${a}: [a.test]\nb.test: [${b}]\n`);
  assert.equal(map.size, 2);
});

test('names are found exactly, not their subdomains or parents', () => {
  const map = readMap(`${a}: [mail.a.test]\n`);
  assert.equal(find(map, 'a.test'), undefined);
  assert.equal(find(map, 'x.mail.a.test'), undefined);
});

test('several onion addresses in one file are together the exchangers of a domain', () => {
  const map = readMap(`${a}: [a.test]\n${b}: [b.test, a.test]\n`);
  assert.deepEqual(find(map, 'a.test')?.exchangers, toExchangerSet([makeExchanger(1), makeExchanger(2)]));
  assert.equal(find(map, 'a.test')?.place, `1.yml:1:${a.length + 4}`);
  assert.deepEqual(find(map, 'b.test')?.exchangers, [makeExchanger(2)]);
});

test('places that agree are no conflict: two files, two forms, two spellings; the first is named', () => {
  const map = readMap(
    `${a}: [a.test, a.test]\n`,
    `a.test: [{onion: ${a}}]\nA.TEST: ['${a}:25']\n`,
    `a.test:\n  - ${a}\n  - ${a}\n`,
  );
  assert.equal(map.size, 1);
  assert.equal(find(map, 'a.test')?.place, `1.yml:1:${a.length + 4}`);
});

test('dead version 2 entries are skipped with a warning each, and what they list is not looked at', () => {
  const text = `4my2dd2okjr75aho.onion:\n  - calyx.test\n${a}: [a.test]\nCSSJ56UTEFK3WXSV.onion: nonsense\n`;
  const file = parseDomainMapFile(text, 'old.yml');
  assert.deepEqual(file.complaints, []);
  assert.deepEqual(file.warnings, [
    'old.yml:1:1: skipped 4my2dd2okjr75aho.onion: version 2 onion addresses ended in October 2021',
    'old.yml:4:1: skipped CSSJ56UTEFK3WXSV.onion: version 2 onion addresses ended in October 2021',
  ]);
  assert.equal(mergeMaps([file]).size, 1);
});

test('lines may end with CRLF, and the file may begin with a byte order mark', () => {
  const map = readMap(`\u{feff}${a}:\r\n  - a.test\r\n  - b.test\r\n`);
  assert.equal(find(map, 'b.test')?.place, '1.yml:3:5');
});

test('every map that is written is read back', () => {
  const exchanger = fc.record(
    {
      onion: fc.constantFrom(a, b),
      port: fc.integer({ min: 1, max: 65_535 }),
      priority: fc.nat(65_535),
      weight: fc.nat(65_535),
    },
    { noNullPrototype: true },
  );
  const domains = fc.dictionary(fc.domain(), fc.array(exchanger, { minLength: 1, maxLength: 4 }), {
    maxKeys: 5,
  });
  fc.assert(
    fc.property(domains, (written) => {
      const map = readMap(JSON.stringify(written));
      for (const [domain, exchangers] of Object.entries(written)) {
        const set = toExchangerSet(
          exchangers.map(({ onion, ...rest }) => ({ onionAddress: onion, ...rest })),
        );
        assert.deepEqual(find(map, domain)?.exchangers, set);
      }
    }),
  );
});

test('any text is a map or has complaints with a place, and never throws', () => {
  const fragment = fc.constantFrom(
    a,
    'a.test',
    'x.onion',
    ': ',
    '[',
    ']',
    '{',
    '}',
    '\n',
    '  - ',
    'onion',
    '&a ',
    '*a',
    '"',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fragment, { maxLength: 20 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (anything) => {
      const file = parseDomainMapFile(anything, 'f.yml');
      for (const complaint of file.complaints) assert.match(complaint, /^f\.yml:\d+:\d+: ./s);
      for (const { exchangers } of file.claims) assert.ok(exchangers.map(formatExchanger).length > 0);
    }),
    { numRuns: 500 },
  );
});
