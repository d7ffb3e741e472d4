import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reviewMap } from '../../../src/routing/map/review-map.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';

/** `a` sorts before `b`. */
const [a = '', b = ''] = [makeOnionAddress(1), makeOnionAddress(2)].toSorted();
const version2 = '4my2dd2okjr75aho.onion';

interface Row {
  readonly why: string;
  /** Texts of the files 1.yml, 2.yml … */
  readonly texts: readonly string[];
  readonly domains: number;
  readonly complaints?: readonly string[];
  readonly warnings?: readonly string[];
}

const rows: readonly Row[] = [
  { why: 'nothing', texts: [], domains: 0 },
  { why: 'an empty file', texts: ['# soon\n'], domains: 0 },
  { why: 'a tidy map', texts: [`${a}:\n  - a.test\n  - b.test\n${b}: [b.test]\n`], domains: 2 },
  {
    why: 'domains and addresses sort as one alphabet',
    texts: [`'0.test': [${b}]\n${a}: [b.test]\nzz.test: [${a}]\n`],
    domains: 3,
  },
  {
    why: 'a dead address',
    texts: [`${version2}: [x.test]\n`],
    domains: 0,
    warnings: [`1.yml:1:1: skipped ${version2}: version 2 onion addresses ended in October 2021`],
  },
  {
    why: 'addresses out of order: the first one says it for the file',
    texts: [`${b}: [c.test, b.test]\n${a}: [a.test]\n`],
    domains: 3,
    warnings: [`1.yml:2:1: not sorted: ${a} stands behind ${b}; sort it: onionmx map format`],
  },
  {
    why: 'domains of a list out of order, whatever their case',
    texts: [`${a}: [A.test, c.test, B.test]\n`],
    domains: 3,
    warnings: [
      `1.yml:1:${a.length + 20}: not sorted: B.test stands behind c.test; sort it: onionmx map format`,
    ],
  },
  {
    why: 'exchangers of a domain are not sorted: their preference says it',
    texts: [`a.test: [${b}, ${a}]\n`],
    domains: 1,
  },
  {
    why: 'an address in two files',
    texts: [`${a}: [a.test]\n`, `${a}: [b.test]\n`],
    domains: 2,
    warnings: [`2.yml:1:1: ${a} stands in the map twice, first at 1.yml:1:1`],
  },
  {
    why: 'an address in two spellings',
    texts: [`${a.toUpperCase()}: [a.test]\n${a}: [b.test]\n`],
    domains: 2,
    warnings: [`1.yml:2:1: ${a} stands in the map twice, first at 1.yml:1:1`],
  },
  {
    why: 'a domain in two files, with the same exchangers',
    texts: [`a.test: [${a}]\n`, `A.test.: ["${a}:25"]\n`],
    domains: 1,
    warnings: ['2.yml:1:1: a.test stands in the map twice, first at 1.yml:1:1'],
  },
  {
    why: 'a domain twice in a list',
    texts: [`${a}: [a.test, A.test]\n`],
    domains: 1,
    warnings: [
      `1.yml:1:${a.length + 12}: a.test stands in this list twice, first at 1.yml:1:${a.length + 4}`,
    ],
  },
  {
    why: 'a domain with other exchangers in another file: refused, and the files are looked at to their ends',
    texts: [`${b}: [a.test]\n${a}: [b.test]\n`, `${a}: [a.test]\nx: 1\n`],
    domains: 2,
    complaints: [
      '2.yml:2:4: must be a list of exchangers, not the number 1',
      `2.yml:1:${a.length + 4}: a.test has ${a}:25 (0 0) here, but ${b}:25 (0 0) at 1.yml:1:${b.length + 4}`,
    ],
    warnings: [
      `1.yml:2:1: not sorted: ${a} stands behind ${b}; sort it: onionmx map format`,
      `2.yml:1:1: ${a} stands in the map twice, first at 1.yml:2:1`,
      `2.yml:1:${a.length + 4}: a.test stands in the map twice, first at 1.yml:1:${b.length + 4}`,
    ],
  },
  {
    why: 'no YAML',
    texts: ['[', `${a}: [a.test]\n`],
    domains: 1,
    complaints: ['1.yml:1:2: not valid YAML: Flow sequence must end with a ]'],
  },
];

for (const { why, texts, domains, complaints = [], warnings = [] } of rows) {
  test(`a review: ${why}`, () => {
    const review = reviewMap(texts.map((text, index) => ({ file: `${index + 1}.yml`, text })));
    assert.deepEqual(review.complaints, complaints);
    assert.deepEqual(review.warnings, warnings);
    assert.equal(review.entries.size, domains);
  });
}
