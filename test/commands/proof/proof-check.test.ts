import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runProofCheckCommand } from '../../../src/commands/proof/proof-check.ts';
import { formatProof } from '../../../src/protocol/proof-signature.ts';
import { formatProofTime } from '../../../src/protocol/proof-time.ts';
import { replyTo } from '../../dns-replies.ts';
import { startFakeDns } from '../../fake-dns-server.ts';
import { authority, serverCertificate, serverKey } from '../../made-up-certificates.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { day, makeProof } from '../../protocol/made-up-proofs.ts';
import { startFakeWeb } from '../fake-web.ts';
import { makeConfig } from '../made-up-config.ts';

const onion = makeOnionAddress(1);
const nowSeconds = Math.floor(Date.now() / 1000);
const expiresSeconds = nowSeconds + 10 * day + 5;
const valid = formatProof(makeProof({ issuedSeconds: nowSeconds, expiresSeconds }));

interface Given {
  readonly file?: string;
  /** DNS's answer to TXT. */
  readonly rcode?: number;
  readonly domain?: string;
  readonly isTorThere?: boolean;
  readonly json?: boolean;
}

async function check(t: TestContext, given: Given) {
  const { file, rcode = 3, domain = 'example.org', isTorThere = true, json = false } = given;
  const dns = await startFakeDns(t, { udp: (query) => [replyTo(query, { rcode })] });
  const { config, folder } = makeConfig(t, { dns: { resolvers: [`127.0.0.1:${dns.port}`] } });
  const answers = file === undefined ? [] : [['example.org:443/.well-known/onion-mx', file] as const];
  const certificate = { key: serverKey, cert: serverCertificate };
  const path = join(config.stateFolder, 'tor', 'exit');
  const web = isTorThere ? await startFakeWeb(t, path, new Map(answers), certificate) : undefined;
  let text = '';
  const options = { domain, json, config, nowSeconds, ca: authority };
  const code = await runProofCheckCommand(options, (more) => void (text += more));
  return { code, text: text.replaceAll(folder, 'F'), web };
}

test('a proof that holds is told with its end', async (t) => {
  const { code, text, web } = await check(t, { file: valid, domain: 'Example.ORG.' });
  assert.equal(
    text,
    `https://example.org/.well-known/onion-mx
  one proof
  valid: ${onion}, port 25, 2525, until ${formatProofTime(expiresSeconds)} (10 whole days from now)
TXT _onion-mx-proof.example.org
  there is no such record
The domain and the onion service name each other: others take this as evidence "proved".
`,
  );
  assert.equal(code, 0);
  assert.deepEqual(web?.asked, ['example.org:443'], 'the name goes to Tor as it is');
});

const rows: readonly [why: string, given: Given, code: number, text: RegExp][] = [
  [
    'what is published does not hold',
    { file: valid.replace('port 25\n', '') },
    65,
    /\n {2}not valid: the signature .*\n {4}fetch it again/,
  ],
  [
    'nothing is published',
    {},
    68,
    /\n {2}there is no such file\nTXT .*\n.*\nThe domain publishes no proof that counts\.\n$/,
  ],
  ['DNS fails', { rcode: 2 }, 75, /TXT .*\n.*SERVFAIL.*\nNot all could be asked\.\n$/],
  [
    'a certificate for another name',
    { domain: 'other.test' },
    75,
    /\n {2}cannot get .*: no TLS with other\.test: /,
  ],
  ['there is no Tor', { isTorThere: false }, 69, /\n {2}cannot reach Tor at unix:F\/state\/tor\/exit/],
];

for (const [why, given, code, text] of rows) {
  test(`exit code ${code}: ${why}`, async (t) => {
    const result = await check(t, given);
    assert.match(result.text, text);
    assert.equal(result.code, code);
  });
}

test('as JSON: everything, in one document', async (t) => {
  const { text } = await check(t, { file: valid + formatProof(makeProof()), json: true });
  const { domain, places, proofs, refused } = JSON.parse(text);
  assert.equal(domain, 'example.org');
  assert.deepEqual(places, [
    { place: 'https', kind: 'found', said: '2 proofs', error: null },
    { place: 'dns', kind: 'none', said: 'there is no such record', error: null },
  ]);
  const times = { issued: formatProofTime(nowSeconds), expires: formatProofTime(expiresSeconds) };
  assert.deepEqual(proofs, [{ onionAddress: onion, ports: [25, 2525], by: 'https', ...times }]);
  assert.deepEqual([refused.length, refused[0].by, refused[0].error.code], [1, 'https', 'proof-expired']);
});

test('what is no domain is told', async (t) => {
  await assert.rejects(check(t, { domain: 'a b' }), { code: 'domain-invalid' });
});
