import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ProofMakeOptions, runProofMakeCommand } from '../../../src/commands/proof/proof-make.ts';
import { parseProof } from '../../../src/protocol/proof-parser.ts';
import { decodeProofTxt } from '../../../src/protocol/proof-txt.ts';
import { verifyProof } from '../../../src/protocol/proof-verification.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { makeKeyFiles } from '../../onion-keys/made-up-keys.ts';
import { day, newYear, org } from '../../protocol/made-up-proofs.ts';
import { makeConfig } from '../made-up-config.ts';

const [one, two, three] = [makeOnionAddress(1), makeOnionAddress(2), makeOnionAddress(3)];
const groupKey = `descriptor:x25519:${'B'.repeat(51)}A`;
const nothing = { service: undefined, key: undefined, domains: [], ports: [], days: 90, txt: false };

function prepare(t: TestContext, own: readonly string[] = ['example.org', 'example.net', one]) {
  const { config, folder } = makeConfig(t, {
    domains: { own },
    receiving: {
      onionServices: [
        { name: 'group', authorisedClients: [groupKey] },
        { name: 'balanced', onionbalance: three, proofOfWork: false },
        { name: 'mail', port: 2525 },
        { name: 'next' },
        { name: 'fresh' },
      ],
    },
  });
  const onion = join(config.stateFolder, 'onion');
  for (const [name, number] of [
    ['group', 4],
    ['balanced', 5],
    ['mail', 1],
    ['next', 2],
  ] as const)
    writeKeys(join(onion, name), number);
  return { config, folder, onion };
}

function writeKeys(folder: string, number: number): void {
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(makeKeyFiles(number)))
    writeFileSync(join(folder, file), content, { mode: 0o600 });
}

async function make(options: Partial<ProofMakeOptions> & Pick<ProofMakeOptions, 'config'>): Promise<string> {
  let text = '';
  const given = { ...nothing, nowSeconds: newYear, ...options };
  assert.equal(await runProofMakeCommand(given, (more) => void (text += more)), 0);
  return text;
}

test('by default: the first service that everybody may reach, all own domains, 90 days', async (t) => {
  const { config } = prepare(t);
  const text = await make({ config });
  const statement = verifyProof(parseProof(Buffer.from(text)), { domain: org, nowSeconds: newYear });
  assert.deepEqual(statement, {
    onionAddress: one,
    domains: ['example.net', 'example.org'],
    ports: [2525],
    issuedSeconds: newYear,
    expiresSeconds: newYear + 90 * day,
  });
});

test('what is said on the command line goes before', async (t) => {
  const { config } = prepare(t);
  const text = await make({
    config,
    service: 'next',
    domains: ['Example.ORG.', 'bücher.example'],
    ports: [2525, 25],
    days: 1,
  });
  assert.match(
    text,
    new RegExp(`^onionmx-proof 1
onion ${two}
domain example.org
domain xn--bcher-kva.example
port 25
port 2525
issued 2026-01-01T00:00:00Z
expires 2026-01-02T00:00:00Z
signature \\S{88}
$`),
  );
});

test('a closed group that is named signs', async (t) => {
  const { config } = prepare(t);
  assert.match(await make({ config, service: 'group' }), new RegExp(`^onion ${makeOnionAddress(4)}$`, 'm'));
});

test('any key file, on port 25, without a service', async (t) => {
  const { config, folder } = makeConfig(t);
  writeKeys(join(folder, 'other'), 3);
  const key = join(folder, 'other', 'hs_ed25519_secret_key');
  const text = await make({ config, key, domains: ['example.org'] });
  assert.match(text, new RegExp(`^onion ${three}\ndomain example.org\nport 25\n`, 'm'));
});

test('as TXT records: one for each domain, with the whole proof', async (t) => {
  const { config } = prepare(t);
  const [proof, records] = [await make({ config }), await make({ config, txt: true })];
  const lines = records.trimEnd().split('\n');
  for (const [index, domain] of ['example.net', 'example.org'].entries()) {
    const [, strings = ''] =
      new RegExp(`^_onion-mx-proof\\.${domain}\\. 3600 IN TXT (.*)$`).exec(lines[index] ?? '') ?? [];
    const octets = strings.split(' ').map((string) => Buffer.from(string.slice(1, -1)));
    assert.equal(decodeProofTxt(octets)?.toString(), proof);
  }
  assert.equal(lines.length, 2);
});

const refusals: readonly [
  why: string,
  options: Partial<ProofMakeOptions>,
  error: { readonly code: string; readonly message: RegExp },
][] = [
  [
    'an unknown service',
    { service: 'mial' },
    { code: 'proof-impossible', message: /name mial: there is group, balanced, mail/ },
  ],
  [
    'a service without keys',
    { service: 'fresh' },
    { code: 'onion-keys-missing', message: /service fresh in / },
  ],
  ['a key file that is not there', { key: '/absent/key' }, { code: 'onion-keys-folder', message: /ENOENT/ }],
  ['no domain name', { domains: ['a_b.test'] }, { code: 'domain-invalid', message: /a_b/ }],
  [
    'an onion address as a domain',
    { domains: [one] },
    { code: 'proof-impossible', message: /its own proof/ },
  ],
  ['too many days', { days: 401 }, { code: 'proof-impossible', message: /400 days/ }],
];

for (const [why, options, error] of refusals) {
  test(`no proof: ${why}`, async (t) => {
    const { config } = prepare(t);
    await assert.rejects(make({ config, ...options }), error);
  });
}

test('no proof: no domain of ours', async (t) => {
  const { config } = prepare(t, [one]);
  await assert.rejects(make({ config }), { code: 'proof-impossible', message: /no domain is named/ });
});

test('no proof: no service for everybody', async (t) => {
  const { config } = makeConfig(t, { domains: { own: ['example.org'] } });
  await assert.rejects(make({ config }), { code: 'proof-impossible', hint: /--key/ });
});

test('no proof by a key that others may read, of a service or of a file', async (t) => {
  const { config, onion } = prepare(t);
  const key = join(onion, 'mail', 'hs_ed25519_secret_key');
  chmodSync(key, 0o640);
  for (const options of [{}, { key }])
    await assert.rejects(make({ config, ...options }), {
      code: 'onion-keys-exposed',
      message: /has mode 0640/,
      hint: /chmod 600 \S+\/mail\/hs_ed25519_secret_key`/,
    });
});

test('no proof by keys of a service that do not belong together', async (t) => {
  const { config, onion } = prepare(t);
  rmSync(join(onion, 'mail', 'hostname'));
  writeFileSync(join(onion, 'mail', 'hostname'), `${two}\n`);
  await assert.rejects(make({ config }), { code: 'onion-keys-invalid' });
});
