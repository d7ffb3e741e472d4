import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatProof } from '../../../src/protocol/proof-signature.ts';
import { joinMaps } from '../../../src/routing/map/domain-map.ts';
import { parseDomainMapFile } from '../../../src/routing/map/domain-map-file.ts';
import { readProofsBeside, reviewMapProofs } from '../../../src/routing/map/map-proofs.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { day, makeProof, net, newYear, signStatement, makeStatement } from '../../protocol/made-up-proofs.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];
const now = newYear + day;
const good = formatProof(makeProof());
const { entries } = joinMaps([
  parseDomainMapFile(`${one}: [example.net, example.org]\nexample.com: ["${one}:2525"]\n`, 'map.yml'),
]);

function review(text: string | Buffer) {
  return reviewMapProofs([{ file: 'p', bytes: Buffer.from(text) }], entries, now);
}

test('no proofs beside the map: nothing is said of them', () => {
  assert.equal(reviewMapProofs([], entries, now), undefined);
});

test('an entry has a proof when that speaks of its domain, address and port', () => {
  assert.deepEqual(review(good), { proved: 2, unproved: 1, warnings: [] });
});

const other = signStatement(makeStatement({ onionAddress: two }), 2);
const rows: readonly [why: string, text: string, proved: number, warnings: readonly RegExp[]][] = [
  ['another onion service signs for the domain', formatProof(other), 0, []],
  ['another port', formatProof(makeProof({ ports: [26] })), 0, []],
  ['one domain of two', formatProof(makeProof({ domains: [net] })), 1, []],
  ['it has expired', formatProof(makeProof({ expiresSeconds: now })), 0, [/^p: proof 1: .* expired/]],
  [
    'the signature is that of another, and the next one holds',
    `${formatProof(signStatement(makeStatement(), 2))}${good}`,
    2,
    [/^p: proof 1: the signature is not that of/],
  ],
  ['something else', 'hello\n', 0, [/^p: proof 1: /]],
];
for (const [why, text, proved, warnings] of rows) {
  test(`proofs beside a map: ${why}`, () => {
    const found = review(text);
    assert.equal(found?.proved, proved);
    assert.equal(found?.warnings.length, warnings.length, found?.warnings.join('\n'));
    for (const [index, pattern] of warnings.entries()) assert.match(found?.warnings[index] ?? '', pattern);
  });
}

test('a map has more onion services than a domain', () => {
  assert.deepEqual(review(good.repeat(40)), { proved: 2, unproved: 1, warnings: [] });
});

test('they lie beside the files of the map, where there are some', async (t) => {
  const folder = makeTemporaryFolder(t);
  const [first, second] = [join(folder, 'a.yml'), join(folder, 'b.yml')];
  writeFileSync(`${second}.proofs`, good);
  const found = await readProofsBeside([first, second]);
  assert.deepEqual(
    found.map(({ file, bytes }) => [file, bytes.toString()]),
    [[`${second}.proofs`, good]],
  );
});

test('one that cannot be read is told', async (t) => {
  const file = join(makeTemporaryFolder(t), 'a.yml');
  mkdirSync(`${file}.proofs`);
  await assert.rejects(readProofsBeside([file]), { code: 'map-unreadable', message: /EISDIR/ });
});
