import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { type Exchanger, toExchangerSet } from '../../../src/protocol/exchanger.ts';
import { mergeMaps } from '../../../src/routing/map/domain-map.ts';
import { parseDomainMapFile } from '../../../src/routing/map/domain-map-file.ts';
import { addToMap, removeFromMap, tidyMap } from '../../../src/routing/map/map-edit.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';

/** Sorted: `a` comes first. */
const [a, b, c] = sortedAddresses();
const version2 = '4my2dd2okjr75aho.onion';

function sortedAddresses() {
  const [one, two, three] = [makeOnionAddress(1), makeOnionAddress(2), makeOnionAddress(3)];
  const [first = one, second = two, third = three] = [one, two, three].toSorted();
  return [first, second, third] as const;
}

function exchanger(onionAddress: typeof a, more: Partial<Exchanger> = {}): Exchanger {
  return { onionAddress, port: 25, priority: 0, weight: 0, ...more };
}

function add(text: string, domain: string, ...exchangers: Exchanger[]): string {
  return addToMap(text, [{ domain: parseDomainName(domain), exchangers }]);
}

type Row = readonly [why: string, before: string, after: string, change: (text: string) => string];

const additions: readonly Row[] = [
  ['into an empty file', '', `${a}:\n  - x.test\n`, (text) => add(text, 'x.test', exchanger(a))],
  [
    'into a file with comments alone',
    '# ours\n',
    `# ours\n\n${a}:\n  - x.test\n`,
    (text) => add(text, 'x.test', exchanger(a)),
  ],
  [
    'to the list of its onion address, which stays sorted',
    `${a}:\n  # by phone\n  - b.test # Bob\n  - y.test\n`,
    `${a}:\n  - a.test\n  # by phone\n  - b.test # Bob\n  - x.test\n  - y.test\n`,
    (text) => add(add(text, 'x.test', exchanger(a)), 'a.test', exchanger(a)),
  ],
  [
    'to a list that is not sorted: at its end',
    `${a}: [z.test, y.test]\n`,
    `${a}: [z.test, y.test, a.test]\n`,
    (text) => add(text, 'a.test', exchanger(a)),
  ],
  [
    'a new address, in its place; the head of the file stays the head, a comment stays with its entry',
    `# our map\n\n# the second\n${b}:\n- b.test\n`,
    `# our map\n\n${a}:\n- x.test\n# the second\n${b}:\n- b.test\n`,
    (text) => add(text, 'x.test', exchanger(a)),
  ],
  [
    'blank lines between entries are kept up',
    `${a}: [a.test]\n\n${c}: [c.test]\n`,
    `${a}: [a.test]\n\n${b}:\n  - x.test\n\n${c}: [c.test]\n`,
    (text) => add(text, 'x.test', exchanger(b)),
  ],
  [
    'blank lines stay where they are, also when a new entry comes first',
    `1.test: [${a}]\n${b}: [b.test]\n\n${c}: [c.test]\n`,
    `0.test:\n  - ${a}:26\n\n1.test: [${a}]\n${b}: [b.test]\n\n${c}: [c.test]\n`,
    (text) => add(text, '0.test', exchanger(a, { port: 26 })),
  ],
  [
    'a second exchanger of a listed domain',
    `${a}: [x.test]\n`,
    `${a}: [x.test]\n${b}:\n  - x.test\n`,
    (text) => add(text, 'x.test', exchanger(a), exchanger(b)),
  ],
  [
    'another port: the domain moves to the form with details',
    `${a}: [w.test, x.test]\n${b}: [x.test]\n`,
    `${a}: [w.test]\nx.test:\n  - ${a}\n  - ${b}\n  - ${c}:26\n`,
    (text) => add(text, 'x.test', exchanger(c, { port: 26 })),
  ],
  [
    'to a domain with details, which stay',
    `x.test: [{ onion: ${a}, priority: 10 }]\n`,
    `x.test: [ { onion: ${a}, priority: 10 }, ${b}, { onion: ${c}, port: 26, priority: 5, weight: 1 } ]\n`,
    (text) =>
      add(text, 'X.test.', exchanger(b), exchanger(c, { port: 26, priority: 5, weight: 1 }), exchanger(a)),
  ],
  [
    'what is there already: the text stays as it is',
    `x.test : [ '${a}' ]`,
    `x.test : [ '${a}' ]`,
    (text) => add(text, 'x.test', exchanger(a)),
  ],
];

const removals: readonly Row[] = [
  ['an entry with details', `x.test: [${a}]\ny.test: [${a}]\n`, `y.test: [${a}]\n`, remove('x.test')],
  [
    'out of all lists; an address goes with its last domain',
    `# head\n\n# gone too\n${a}: [X.test]\n# stays\n${b}:\n  - w.test\n  - x.test\n`,
    `# head\n\n# stays\n${b}:\n  - w.test\n`,
    remove('x.test'),
  ],
  [
    'the first one, and the blank line behind it',
    `${a}: [x.test]\n\n${b}: [b.test]\n\n${c}: [c.test]\n`,
    `${b}: [b.test]\n\n${c}: [c.test]\n`,
    remove('x.test'),
  ],
  ['the last one', `# head\n\n${a}: [x.test]\n`, `# head\n\n`, remove('x.test')],
  ['one that is not there', `${a}:   [x.test]\n`, `${a}:   [x.test]\n`, remove('other.test')],
  [
    'dead addresses stay',
    `${version2}: [x.test]\n${a}: [x.test, y.test]\n`,
    `${version2}: [x.test]\n${a}: [y.test]\n`,
    remove('x.test'),
  ],
];

function remove(domain: string): (text: string) => string {
  return (text) => removeFromMap(text, parseDomainName(domain));
}

const tidied: readonly Row[] = [
  ['an empty file', '', '', tidyMap],
  ['comments alone', '#  x\n', '#  x\n', tidyMap],
  [
    'sorted with their comments, a line for each domain, none twice',
    `# head\n\n# of b\n${b}: [z.test, A.test, a.test] # b\n\n\n# of a\n${a}:\n  - y.test\n  # second\n  - x.test # X\n# end\n`,
    `# head\n\n# of a\n${a}:\n  # second\n  - x.test # X\n  - y.test\n\n# of b\n# b\n${b}:\n  - A.test\n  - z.test\n\n# end\n`,
    tidyMap,
  ],
  [
    'the order and the details of exchangers stay',
    `x.test: [{ onion: ${b}, priority: 1 }, ${a}:26]\na.test:\n- ${b}\n- ${a}\n`,
    `a.test:\n- ${b}\n- ${a}\nx.test: [ { onion: ${b}, priority: 1 }, ${a}:26 ]\n`,
    tidyMap,
  ],
  [
    'dead addresses keep what they have',
    `${a}: [x.test]\n${version2}: [1, 2, z.test, a.test]\n`,
    `${version2}: [1, 2, z.test, a.test]\n${a}:\n  - x.test\n`,
    tidyMap,
  ],
];

for (const [deed, rows] of Object.entries({ add: additions, remove: removals, tidy: tidied })) {
  for (const [why, before, after, change] of rows) {
    test(`${deed}: ${why}`, () => {
      assert.equal(change(before), after);
      assert.deepEqual(parseDomainMapFile(after, 'f').complaints, []);
    });
  }
}

const address = fc.constantFrom(a, b, c);
const port = fc.constantFrom(25, 26);
const preference = fc.constantFrom(0, 1);
const anyExchanger = fc.record(
  { onionAddress: address, port, priority: preference, weight: preference },
  { noNullPrototype: true },
);
const anyDomain = fc.constantFrom('a.test', 'b.test', 'c.test').map(parseDomainName);
const addition = fc.record({ domain: anyDomain, exchangers: fc.array(anyExchanger, { minLength: 1 }) });

test('whatever is added is in the map then, once, and tidying changes nothing of it', () => {
  fc.assert(
    fc.property(fc.array(addition), (all) => {
      const expected = new Map<string, Exchanger[]>();
      for (const { domain, exchangers } of all) {
        const known = expected.get(domain) ?? [];
        const isNew = ({ onionAddress, port: at }: Exchanger) =>
          !known.some((other) => other.onionAddress === onionAddress && other.port === at);
        expected.set(domain, [...known, ...exchangers.filter(isNew)]);
      }
      let text = '';
      for (const one of all) text = addToMap(text, [one]);
      for (const result of [text, tidyMap(text)]) {
        const map = mergeMaps([parseDomainMapFile(result, 'f')]);
        assert.equal(map.size, expected.size);
        for (const [domain, exchangers] of expected)
          assert.deepEqual(map.find(parseDomainName(domain))?.exchangers, toExchangerSet(exchangers));
      }
      assert.equal(tidyMap(tidyMap(text)), tidyMap(text));
      let rest = text;
      for (const domain of expected.keys()) rest = removeFromMap(rest, parseDomainName(domain));
      assert.equal(mergeMaps([parseDomainMapFile(rest, 'f')]).size, 0);
    }),
  );
});
