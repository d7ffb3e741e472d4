import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { readProof } from '../../../src/commands/proof/proof-input.ts';
import { type ProofVerifyOptions, runProofVerifyCommand } from '../../../src/commands/proof/proof-verify.ts';
import { formatProof, type SignedProof } from '../../../src/protocol/proof-signature.ts';
import { encodeProofTxt, formatProofTxtRecord } from '../../../src/protocol/proof-txt.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import {
  day,
  makeProof,
  makeStatement,
  net,
  newYear,
  org,
  signStatement,
} from '../../protocol/made-up-proofs.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';
import { runMain } from '../main-process.ts';

const proof = makeProof();
const text = formatProof(proof);
const nothing = { domain: undefined, onion: undefined, known: undefined, json: false };

function write(t: TestContext, content: string): string {
  const file = join(makeTemporaryFolder(t), 'proof');
  writeFileSync(file, content, 'latin1');
  return file;
}

async function verify(t: TestContext, content: string, options: Partial<ProofVerifyOptions> = {}) {
  let said = '';
  const given = { ...nothing, file: write(t, content), nowSeconds: newYear + day, ...options };
  const code = await runProofVerifyCommand(given, (more) => void (said += more));
  return { code, said };
}

const described = `onion    ${makeOnionAddress(1)}
domains  example.net, example.org
ports    25, 2525
issued   2026-01-01T00:00:00Z
expires  2026-04-01T00:00:00Z (89 whole days from now)
`;

test('what it says, that it holds, and that this is one half', async (t) => {
  const { code, said } = await verify(t, text);
  assert.equal(code, 0);
  assert.ok(said.startsWith(`${described}\nvalid: `));
  assert.match(said, /onion's half alone\. Whoever runs an onion service can sign this for any domain/);
  assert.match(said, /no evidence until the\ndomain itself names this onion address/);
});

test('for scripts: the half of the domain is not known', async (t) => {
  const { code, said } = await verify(t, text, { json: true });
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(said), {
    valid: true,
    halves: { onion: true, domain: null },
    statement: {
      onionAddress: makeOnionAddress(1),
      domains: ['example.net', 'example.org'],
      ports: [25, 2525],
      issued: '2026-01-01T00:00:00Z',
      expires: '2026-04-01T00:00:00Z',
    },
    error: null,
  });
});

test('what was expected', async (t) => {
  const onion = makeOnionAddress(1);
  for (const options of [{ domain: 'Example.org' }, { onion }, { onion: `${onion}:2525` }])
    assert.equal((await verify(t, text, options)).code, 0);
});

const stranger = signStatement(makeStatement({ onionAddress: makeOnionAddress(2) }), 2);
const refusals: readonly [why: string, given: string, options: Partial<ProofVerifyOptions>, code: string][] =
  [
    ['cut off', text.slice(0, -1), {}, 'proof-malformed'],
    ['an empty file', '', {}, 'proof-malformed'],
    ['another version', 'onionmx-proof 9\n', {}, 'proof-other-version'],
    ['changed', text.replace('port 25\n', 'port 26\n'), {}, 'proof-bad-signature'],
    ['another domain', text, { domain: 'example.com' }, 'proof-wrong-domain'],
    ['of a stranger', formatProof(stranger), { onion: makeOnionAddress(1) }, 'proof-wrong-onion'],
    ['another port', text, { onion: `${makeOnionAddress(1)}:26` }, 'proof-wrong-port'],
    [
      'too long a life',
      formatProof(makeProof({ expiresSeconds: newYear + 500 * day })),
      {},
      'proof-too-long-lived',
    ],
    ['not yet valid', text, { nowSeconds: newYear - day }, 'proof-not-yet-valid'],
    ['expired', text, { nowSeconds: newYear + 90 * day }, 'proof-expired'],
  ];

for (const [why, given, options, code] of refusals) {
  test(`not valid: ${why}`, async (t) => {
    const plain = await verify(t, given, options);
    assert.equal(plain.code, 65);
    assert.match(plain.said, /^not valid: .+\n.*`.*`/m);
    assert.doesNotMatch(plain.said, /^valid|half alone/m);
    const json = JSON.parse((await verify(t, given, { ...options, json: true })).said);
    assert.deepEqual([json.valid, json.halves.onion, json.error.code], [false, false, code]);
    assert.equal(json.statement === null, ['proof-malformed', 'proof-other-version'].includes(code));
  });
}

test('an old one is refused when a newer one of the same onion service is known', async (t) => {
  const renewed = makeProof({ issuedSeconds: newYear + 1, domains: [org] });
  const known = write(t, formatProof(renewed));
  assert.match((await verify(t, text, { known })).said, /\nnot valid: the proof is an old one/);
  assert.equal((await verify(t, text, { known, domain: 'example.net' })).code, 0);
  assert.equal((await verify(t, formatProof(renewed), { known: write(t, text) })).code, 0);
});

test('a known proof that is forged is no reason to refuse another', async (t) => {
  const forged: SignedProof = { ...proof, statement: makeStatement({ issuedSeconds: newYear + 1 }) };
  const known = write(t, formatProof(forged));
  await assert.rejects(verify(t, text, { known }), { code: 'proof-bad-signature' });
});

for (const [why, content] of [
  [
    'what `proof make --txt` prints, for two domains',
    formatProofTxtRecord(net, text) + formatProofTxtRecord(org, text),
  ],
  [
    'what dig prints, beside another record',
    `"v=spf1 -all"\n${encodeProofTxt(text)
      .map((part) => `"${part}"`)
      .join(' ')}\n`,
  ],
] as const) {
  test(`the TXT record: ${why}`, async (t) => {
    assert.equal((await verify(t, content)).code, 0);
  });
}

test('which of two proofs is meant is not guessed', async (t) => {
  const both = formatProofTxtRecord(org, text) + formatProofTxtRecord(org, formatProof(stranger));
  await assert.rejects(verify(t, both), { code: 'proof-unreadable', message: /there are 2 of them/ });
});

test('standard input, in pieces', async () => {
  const pieces = Readable.from(Array.from(Buffer.from(text), (octet) => Buffer.of(octet)));
  assert.deepEqual(await readProof('-', pieces), proof);
});

function* endless() {
  for (;;) yield Buffer.alloc(1000, 'x');
}

test('an endless input ends', async () => {
  await assert.rejects(readProof('-', Readable.from(endless())), { code: 'proof-malformed' });
});

test('a file that is not there, and arguments that are none', async (t) => {
  await assert.rejects(verify(t, text, { file: '/absent/proof' }), { code: 'proof-unreadable' });
  await assert.rejects(verify(t, text, { known: '/absent/proof' }), { code: 'proof-unreadable' });
  await assert.rejects(verify(t, text, { domain: 'a_b.test' }), { code: 'domain-invalid' });
  await assert.rejects(verify(t, text, { onion: 'example.org' }), { code: 'address-not-onion' });
  await assert.rejects(verify(t, text, { onion: `${makeOnionAddress(1)}:0` }), { code: 'port-invalid' });
});

test('as an operator runs it: the proof of 2026-01-01 has another exit code than a wrong option', async (t) => {
  const file = write(t, text.replace('port 25\n', 'port 26\n'));
  const refused = await runMain(t, 'proof', 'verify', file, '--domain', 'example.org');
  assert.deepEqual([refused.code, refused.stderr], [65, '']);
  assert.match(refused.stdout, /\nnot valid: the signature is not that of /);
  assert.equal((await runMain(t, 'proof', 'make', '--days', '401')).code, 64);
});
