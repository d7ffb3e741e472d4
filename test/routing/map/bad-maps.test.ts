/** Each bad domain map with its exact complaints. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import { OnionmxError } from '../../../src/errors.ts';
import { mergeMaps } from '../../../src/routing/map/domain-map.ts';
import { parseDomainMapFile } from '../../../src/routing/map/domain-map-file.ts';
import { encodeOnionKey, makeOnionAddress } from '../../made-up-onions.ts';

interface BadMap {
  readonly why: string;
  /** Texts of the files 1.yml, 2.yml … */
  readonly texts: readonly string[];
  readonly complaints: readonly string[];
}

const a = makeOnionAddress(1);
const b = makeOnionAddress(2);
const wrongChecksum = `${a.startsWith('a') ? 'b' : 'a'}${a.slice(1)}`;
const otherVersion = `${encodeOnionKey(ed25519.getPublicKey(new Uint8Array(32)), 4)}.onion`;
const noPoint = `${encodeOnionKey(ed25519.Point.BASE.negate().toBytes().fill(0xff, 1, 31))}.onion`;
const version2 = '4my2dd2okjr75aho.onion';
const quoted = (text: string) => JSON.stringify(text);

const badMaps: readonly BadMap[] = [
  // YAML itself
  {
    why: 'a quote is not closed',
    texts: [`'${a}: [a.test]\n`],
    complaints: [`1.yml:2:1: not valid YAML: Missing closing 'quote`],
  },
  {
    why: 'an onion address twice',
    texts: [`${a}: [a.test]\n${a}: [b.test]\n`],
    complaints: ['1.yml:2:1: this key stands here a second time'],
  },
  {
    why: 'aliases can fill the memory',
    texts: [`${a}: &list [a.test]\n${b}: *list\n`],
    complaints: [`1.yml:2:${b.length + 3}: aliases (*list) are not allowed here`],
  },
  {
    why: 'a list',
    texts: [`- ${a}\n`],
    complaints: ['1.yml:1:1: a domain map must be a mapping, not a list'],
  },
  {
    why: 'a text',
    texts: ['hello\n'],
    complaints: ['1.yml:1:1: a domain map must be a mapping, not the text "hello"'],
  },
  // keys
  {
    why: 'a number is no domain',
    texts: [`\n25: [${a}]\n`],
    complaints: ['1.yml:2:1: must be a text, not the number 25 (write it in quotes)'],
  },
  {
    why: 'an address has no @',
    texts: [`bob@example.org: [${a}]\n`],
    complaints: ['1.yml:1:1: "bob@example.org" is no domain name: the label "bob@example" is not allowed'],
  },
  {
    why: 'an IP address is no domain',
    texts: [`192.0.2.1: [${a}]\n`],
    complaints: ['1.yml:1:1: "192.0.2.1" is no domain name: its last label is a number, as in an IP address'],
  },
  // onion addresses, one reason for each way to fail
  {
    why: 'an onion address too short',
    texts: [`abc.onion: [a.test]\n`],
    complaints: ['1.yml:1:1: abc.onion has 3 characters before .onion, a version 3 address has 56'],
  },
  {
    why: 'a digit that base32 does not have',
    texts: [`${a.replace(/^./, '1')}: [a.test]\n`],
    complaints: [`1.yml:1:1: ${a.replace(/^./, '1')} has "1" at position 1: only a-z and 2-7 are allowed`],
  },
  {
    why: 'a mistyped onion address',
    texts: [`${wrongChecksum}: [a.test]\n`],
    complaints: [`1.yml:1:1: ${wrongChecksum} has a wrong checksum: it is mistyped`],
  },
  {
    why: 'a version of the future',
    texts: [`${otherVersion}: [a.test]\n`],
    complaints: [`1.yml:1:1: ${otherVersion} says version 4, only 3 is known`],
  },
  {
    why: 'a right checksum over what is no key',
    texts: [`a.test: [${noPoint}]\n`],
    complaints: [
      `1.yml:1:10: ${noPoint} is not a key of prime order on the curve: no onion service can have it`,
    ],
  },
  {
    why: 'a version 2 address in the form with details is no old entry',
    texts: [`a.test: [${version2}]\n`],
    complaints: [`1.yml:1:10: ${version2} is a version 2 onion address: those ended in October 2021`],
  },
  {
    why: 'an exchanger that is no onion',
    texts: [`a.test: [mail.a.test]\n`],
    complaints: ['1.yml:1:10: "mail.a.test" is not under .onion'],
  },
  // values in the community's form
  {
    why: 'one domain without a list',
    texts: [`${a}: a.test\n`],
    complaints: [`1.yml:1:${a.length + 3}: must be a list of domains, not the text "a.test"`],
  },
  {
    why: 'an onion without domains',
    texts: [`${a}: []\n`],
    complaints: [`1.yml:1:${a.length + 3}: must be a list of domains, not an empty list`],
  },
  {
    why: 'an onion without anything',
    texts: [`${a}:\n${b}: [a.test]\n`],
    complaints: [`1.yml:1:${a.length + 2}: must be a list of domains, not nothing`],
  },
  {
    why: 'an onion without even a colon, in braces',
    texts: [`{ ${a} }\n`],
    complaints: [`1.yml:1:3: must be a list of domains, not nothing`],
  },
  {
    why: 'a domain under .onion is its own exchanger',
    texts: [`${a}:\n  - ${b}\n`],
    complaints: [`1.yml:2:5: ${quoted(b)} is under .onion: only ordinary domains may stand here`],
  },
  {
    why: 'several bad domains',
    texts: [`${a}:\n  - a_b.test\n  - 12\n  - ok.test\n  - [c.test]\n  - ''\n`],
    complaints: [
      '1.yml:2:5: "a_b.test" is no domain name: the label "a_b" is not allowed',
      '1.yml:3:5: must be a text, not the number 12 (write it in quotes)',
      '1.yml:5:5: must be a text, not a list',
      '1.yml:6:5: "" is no domain name: it is empty or cannot be written in A-labels',
    ],
  },
  // values in the form with details
  {
    why: 'one exchanger without a list',
    texts: [`a.test: ${a}\n`],
    complaints: [`1.yml:1:9: must be a list of exchangers, not the text ${quoted(a)}`],
  },
  {
    why: 'a mapping without a list',
    texts: [`a.test: {onion: ${a}}\n`],
    complaints: ['1.yml:1:9: must be a list of exchangers, not a mapping'],
  },
  {
    why: 'no exchangers',
    texts: ['a.test: []\n'],
    complaints: ['1.yml:1:9: must be a list of exchangers, not an empty list'],
  },
  {
    why: 'no onion',
    texts: ['a.test:\n  - port: 25\n'],
    complaints: ['1.yml:2:5: onion: this key is missing'],
  },
  {
    why: 'a mistyped key',
    texts: [`a.test:\n  - onion: ${a}\n    prority: 10\n`],
    complaints: ['1.yml:3:5: unknown key prority: did you mean priority?'],
  },
  {
    why: 'a key that we do not have',
    texts: [`a.test:\n  - onion: ${a}\n    tls: yes\n`],
    complaints: ['1.yml:3:5: unknown key tls: known here: onion, port, priority, weight'],
  },
  {
    why: 'ports that are none',
    texts: [`a.test:\n  - {onion: ${a}, port: 0}\n  - {onion: ${a}, port: 65536}\n`],
    complaints: [
      `1.yml:2:${a.length + 21}: port: must be at least 1, not the number 0`,
      `1.yml:3:${a.length + 21}: port: must be at most 65535, not the number 65536`,
    ],
  },
  {
    why: 'ports that are none, behind a colon',
    texts: [`a.test: ['${a}:0', '${a}:65536', '${a}:smtp', '${a}:']\n`],
    complaints: ['0', '65536', 'smtp', ''].map(
      (port, index) =>
        `1.yml:1:${[10, 78, 150, 221][index]}: ${quoted(`${a}:${port}`)} has no port between 1 and 65535 after the colon`,
    ),
  },
  {
    why: 'priorities and weights have 16 bits (RFC 2782)',
    texts: [`a.test:\n  - onion: ${a}\n    priority: -1\n    weight: 65536\n`],
    complaints: [
      '1.yml:3:15: priority: must be at least 0, not the number -1',
      '1.yml:4:13: weight: must be at most 65535, not the number 65536',
    ],
  },
  {
    why: 'a port that is a text',
    texts: [`a.test:\n  - onion: ${a}\n    port: "25"\n`],
    complaints: ['1.yml:3:11: port: must be a whole number, not the text "25"'],
  },
  {
    why: 'an exchanger that is a list',
    texts: [`a.test: [[${a}]]\n`],
    complaints: ['1.yml:1:10: must be a text, not a list'],
  },
  // conflicts
  {
    why: 'two files disagree',
    texts: [`${a}: [a.test]\n`, `# newer\n${b}:\n  - b.test\n  - a.test\n`],
    complaints: [`2.yml:4:5: a.test has ${b}:25 (0 0) here, but ${a}:25 (0 0) at 1.yml:1:${a.length + 4}`],
  },
  {
    why: 'the two forms disagree',
    texts: [`${a}: [a.test]\na.test: ['${a}:26']\n`],
    complaints: [`1.yml:2:1: a.test has ${a}:26 (0 0) here, but ${a}:25 (0 0) at 1.yml:1:${a.length + 4}`],
  },
  {
    why: 'two spellings of one domain disagree',
    texts: [`a.test: [${a}]\nA.TEST.: [${b}]\n`],
    complaints: [`1.yml:2:1: a.test has ${b}:25 (0 0) here, but ${a}:25 (0 0) at 1.yml:1:1`],
  },
  {
    why: 'more exchangers are another set',
    texts: [`${a}: [a.test]\n${b}: [a.test]\n`, `${a}: [a.test]\n`],
    complaints: [
      `2.yml:1:${a.length + 4}: a.test has ${a}:25 (0 0) here, but ${[a, b]
        .toSorted()
        .map((address) => `${address}:25 (0 0)`)
        .join(', ')} at 1.yml:1:${a.length + 4}`,
    ],
  },
  {
    why: 'everything that is wrong in all files, at once',
    texts: [`abc.onion: [a.test]\n_x.test: [${a}]\n`, `${b}: a.test\n`],
    complaints: [
      '1.yml:1:1: abc.onion has 3 characters before .onion, a version 3 address has 56',
      '1.yml:2:1: "_x.test" is no domain name: the label "_x" is not allowed',
      `2.yml:1:${b.length + 3}: must be a list of domains, not the text "a.test"`,
    ],
  },
];

for (const { why, texts, complaints } of badMaps) {
  test(`bad map: ${why}`, () => {
    const files = texts.map((text, index) => parseDomainMapFile(text, `${index + 1}.yml`));
    assert.throws(
      () => mergeMaps(files),
      (error) => {
        assert.ok(error instanceof OnionmxError);
        assert.equal(error.code, 'map-invalid');
        assert.match(error.hint ?? '', /onionmx map check/);
        assert.deepEqual(error.message.split('\n'), complaints);
        return true;
      },
    );
  });
}
