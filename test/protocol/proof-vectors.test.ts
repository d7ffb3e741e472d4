/** The test vectors of docs/proofs.md: page and code say the same. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { toOnionmxError } from '../../src/errors.ts';
import { openServiceSigner } from '../../src/onion-keys/sign-with-service-key.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { parseProof } from '../../src/protocol/proof-parser.ts';
import { formatProof, signedBytesOf } from '../../src/protocol/proof-signature.ts';
import { composeStatement, proofLimits } from '../../src/protocol/proof-statement.ts';
import { parseProofTime } from '../../src/protocol/proof-time.ts';
import { formatProofTxtRecord } from '../../src/protocol/proof-txt.ts';
import { proofClockSkewSeconds, verifyProof } from '../../src/protocol/proof-verification.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const page = readFileSync('docs/proofs.md', 'utf8');

function fence(info: string): string {
  return new RegExp(`^\`\`\`${info}\\n([^]*?)^\`\`\``, 'm').exec(page)?.[1] ?? '';
}

const text = fence('proof');
const proof = parseProof(Buffer.from(text));
const signer = openServiceSigner(Buffer.from(fence('secret-key-base64'), 'base64'), 'docs/proofs.md');

test('the key makes the proof, octet for octet', () => {
  const statement = composeStatement({ ...proof.statement, onionAddress: signer.onionAddress });
  assert.equal(formatProof({ statement, signature: signer.sign(signedBytesOf(statement)) }), text);
});

test('what is signed', () => {
  const signed = signedBytesOf(proof.statement);
  assert.equal(createHash('sha256').update(signed).digest('hex'), fence('signed-sha256').trim());
  assert.ok(page.includes(`signs ${signed.length} octets`));
});

test('the TXT record', () => {
  const [first = parseDomainName('a.test')] = proof.statement.domains;
  assert.equal(formatProofTxtRecord(first, text), fence('txt-record'));
});

test('the limits', () => {
  const { bytes, domains, ports, lifeDays } = proofLimits;
  for (const limit of [
    `At most ${bytes} octets`,
    `1 to ${domains} `,
    `1 to ${ports} `,
    `more than ${lifeDays} days`,
    `${proofClockSkewSeconds} seconds in the future`,
  ])
    assert.ok(page.includes(limit), limit);
});

/** The table: what is replaced by what, or what is expected, and the error. */
const rows = Array.from(page.matchAll(/^\| (.*) \| (.*) \| (.*) \| `(proof-[a-z-]+)` +\|$/gm), (match) =>
  match.slice(1).map((cell) => cell.trim().replaceAll(/^`|`$/g, '')),
);

function codeOf(changed: string, check: string): string | undefined {
  const [, domain = 'example.org'] = /^for `(.*)/.exec(check) ?? [];
  const [, port] = /^for port (\d+)/.exec(check) ?? [];
  const [, time = '2026-02-01T00:00:00Z'] = /^at (\S+)/.exec(check) ?? [];
  const onionAddress = check === 'for another onion address' ? makeOnionAddress(1) : signer.onionAddress;
  try {
    const nowSeconds = parseProofTime(time) ?? 0;
    const expected = { domain: parseDomainName(domain), onionAddress, nowSeconds };
    verifyProof(parseProof(Buffer.from(changed)), {
      ...expected,
      port: port === undefined ? undefined : Number(port),
    });
    return undefined;
  } catch (thrown) {
    return toOnionmxError(thrown).code;
  }
}

test('as it is, it holds', () => {
  assert.equal(codeOf(text, ''), undefined);
  assert.ok(rows.length >= 16);
});

for (const [from = '', to = '', check = '', code = ''] of rows) {
  test(`${from} → ${to} ${check}: ${code}`, () => {
    assert.ok(text.includes(from));
    assert.equal(codeOf(text.replace(from, to), check), code);
  });
}
