import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coversMxName, isNameCovered, parseAltNames } from '../../src/protocol/certificate-name.ts';

const altNames: readonly [why: string, text: string, names: readonly string[]][] = [
  ['none', '', []],
  ['one', 'DNS:example.org', ['example.org']],
  ['any case, and a dot at the end', 'DNS:Example.ORG.', ['example.org']],
  ['several, and a wildcard', 'DNS:example.org, DNS:*.example.net', ['example.org', '*.example.net']],
  ['other kinds are none', 'IP Address:192.0.2.1, email:a@b.test, URI:http://c.test, DNS:d.test', ['d.test']],
  ['one label', 'DNS:localhost', ['localhost']],
  ['a wildcard elsewhere, or in a label', 'DNS:a.*.test, DNS:m*.example.org, DNS:*', []],
  // CVE-2021-44532: Node.js writes such a name in quotes
  ['a name that is made to look like two', 'DNS:"evil.test, DNS:victim.test"', []],
  ['three', 'DNS:"evil.test, DNS:victim.test, DNS:x", DNS:good.test', ['good.test']],
  ['with a quote in it', 'DNS:"a\\", DNS:victim.test, DNS:\\"b"', []],
  ['with a quote that never ends', 'DNS:"a, DNS:victim.test, DNS:b', []],
];

for (const [why, text, names] of altNames) {
  test(`names of a certificate: ${why}`, () => {
    assert.deepEqual(parseAltNames(text), names);
  });
}

const covered: readonly [why: string, names: readonly string[], wanted: string, isCovered: boolean][] = [
  ['no names', [], 'example.org', false],
  ['the same', ['a.test', 'example.org'], 'example.org', true],
  ['any case', ['EXAMPLE.org'], 'Example.ORG', true],
  ['a name above is another', ['example.org'], 'mx.example.org', false],
  ['a name below is another', ['mx.example.org'], 'example.org', false],
  ['a wildcard stands for one label', ['*.example.org'], 'mx.example.org', true],
  ['for exactly one', ['*.example.org'], 'a.mx.example.org', false],
  ['not for none', ['*.example.org'], 'example.org', false],
  ['the end of a label is no label', ['*.example.org'], 'mx.badexample.org', false],
  ['a wildcard of a whole top-level domain stands for nothing', ['*.org'], 'example.org', false],
  ['a part of a label is no wildcard', ['m*.example.org'], 'mx.example.org', false],
  ['two wildcards', ['*.*.org'], 'mx.example.org', false],
];

for (const [why, names, wanted, isCovered] of covered) {
  test(`a certificate for ${names.join(', ')} and ${wanted}: ${why}`, () => {
    assert.equal(isNameCovered(names, wanted), isCovered);
    assert.equal(coversMxName(names, wanted), isCovered, 'a plain name of a policy is the same');
  });
}

const patterns: readonly [why: string, names: readonly string[], pattern: string, isCovered: boolean][] = [
  ['a host that the pattern stands for', ['a.test', 'MX1.example.org'], '*.example.org', true],
  ['the same wildcard', ['*.example.org'], '*.example.org', true],
  ['the domain itself is not below it', ['example.org'], '*.example.org', false],
  ['one label alone', ['a.b.example.org'], '*.example.org', false],
  ['a wildcard further down', ['*.b.example.org'], '*.example.org', false],
  ['a pattern of everything', ['example.org'], '*.org', false],
];

for (const [why, names, pattern, isCovered] of patterns) {
  test(`a certificate for ${names.join(', ')} and the policy name ${pattern}: ${why}`, () => {
    assert.equal(coversMxName(names, pattern), isCovered);
  });
}
