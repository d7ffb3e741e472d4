import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type MapCheckOptions, runMapCheckCommand } from '../../../src/commands/map/map-check.ts';
import { torPathsIn } from '../../../src/tor/torrc.ts';
import { answerWith } from '../../delivery/exchanger-server.ts';
import { type ReplyOptions, replyTo, srv } from '../../dns-replies.ts';
import { formatProof } from '../../../src/protocol/proof-signature.ts';
import { day, makeProof } from '../../protocol/made-up-proofs.ts';
import { startFakeDns } from '../../fake-dns-server.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { authority, serverCertificate, serverKey } from '../../made-up-certificates.ts';
import { startFakeTor } from '../fake-tor.ts';
import { startFakeWeb } from '../fake-web.ts';
import { makeConfig } from '../made-up-config.ts';

const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];
const name = (domain: string) => `_onion-mx._tcp.${domain}`;

const proofName = (domain: string) => `_onion-mx-proof.${domain}`;
const zone: Readonly<Record<string, ReplyOptions>> = {
  [proofName('a.test')]: { rcode: 3 },
  [proofName('c.test')]: { rcode: 3 },
  [proofName('example.org')]: { rcode: 3 },
  [name('example.org')]: { answers: [srv(name('example.org'), one)] },
  [name('a.test')]: { answers: [srv(name('a.test'), one, { priority: 10 })] },
  [name('b.test')]: { answers: [srv(name('b.test'), two)] },
  [name('c.test')]: { rcode: 3 },
  [name('d.test')]: { rcode: 2 },
};

interface Web {
  /** What is there under the well-known name, by domain. */
  readonly [domain: string]: string;
}

interface Far {
  readonly [exchanger: string]: Parameters<typeof startFakeTor>[2][string];
}

async function prepare(t: TestContext, map: string, far?: Far, web?: Web) {
  const dns = await startFakeDns(t, {
    udp: (query, asked) => [replyTo(query, zone[asked.name] ?? { rcode: 5 })],
  });
  const { config, folder } = makeConfig(t, (own) => ({
    map: [join(own, 'map.yml')],
    dns: { resolvers: [`127.0.0.1:${dns.port}`] },
    // without exits no proof is asked for by HTTPS
    ...(web === undefined
      ? { tor: { use: 'running', socks: `unix:${join(own, 'state', 'tor', 'socks')}` } }
      : {}),
  }));
  const file = join(folder, 'map.yml');
  writeFileSync(file, map);
  const { socks } = torPathsIn(join(config.stateFolder, 'tor'));
  const tor = far === undefined ? undefined : await startFakeTor(t, socks, far);
  if (web !== undefined) {
    const path = join(config.stateFolder, 'tor', 'exit');
    const files = Object.entries(web).map(
      ([domain, text]) => [`${domain}:443/.well-known/onion-mx`, text] as const,
    );
    await startFakeWeb(t, path, new Map(files), { key: serverKey, cert: serverCertificate });
  }
  const progress: string[] = [];
  const onProgress = (done: number, total: number) => void progress.push(`${done}/${total}`);
  const run = async (options: Partial<MapCheckOptions> = {}) => {
    let text = '';
    const all = { files: [], online: false, json: false, config, onProgress, ca: authority, ...options };
    const code = await runMapCheckCommand(all, (more) => void (text += more));
    return { code, text: text.replaceAll(folder, 'F') };
  };
  return { run, tor, dns, file, progress };
}

test('the map of the configuration is in order', async (t) => {
  const { run, dns } = await prepare(t, `${one}: [a.test]\n`);
  assert.deepEqual(await run(), { code: 0, text: '1 file, 1 domain: 0 errors, 0 warnings.\n' });
  assert.deepEqual(dns.asked, [], 'without --online nobody is asked');
});

test('warnings are no reason to fail, complaints are', async (t) => {
  const { run, file } = await prepare(t, `${one}: [b.test, a.test]\n`);
  const sorted = `F/map.yml:1:${one.length + 12}: warning: not sorted: a.test stands behind b.test; sort it: onionmx map format\n`;
  assert.deepEqual(await run(), { code: 0, text: `${sorted}1 file, 2 domains: 0 errors, 1 warning.\n` });
  writeFileSync(`${file}.other`, `a.test: 1\n`);
  assert.deepEqual(await run({ files: [file, `${file}.other`] }), {
    code: 78,
    text: `F/map.yml.other:1:9: must be a list of exchangers, not the number 1
${sorted}2 files, 2 domains: 1 error: onionmx refuses this map, 1 warning.\n`,
  });
});

test('without a map there is nothing to check', async (t) => {
  const { config } = makeConfig(t);
  let text = '';
  const options = { files: [], online: true, json: false, config, onProgress: () => {} };
  assert.equal(await runMapCheckCommand(options, (more) => void (text += more)), 0);
  assert.equal(text, 'There is no map: the setting map names no file.\n');
});

test('a file that is not there is an error', async (t) => {
  const { run } = await prepare(t, '');
  await assert.rejects(run({ files: ['/nowhere/map.yml'] }), { code: 'map-unreadable' });
});

test('online: DNS and each exchanger are asked, and agree', async (t) => {
  const { run, tor, progress } = await prepare(t, `${one}: [a.test, c.test]\n`, { [`${one}:25`]: {} });
  assert.deepEqual(await run({ online: true }), {
    code: 0,
    text: `domain  SRV     proof  postmaster  exchanger
a.test  agrees  none   accepts     ${one}:25
c.test  none    none   accepts     ${one}:25
1 file, 2 domains: 0 errors, 0 warnings.\n`,
  });
  assert.deepEqual(
    tor?.servers.map(({ commands, messages }) => [commands[2], messages]),
    [
      ['RCPT TO:<postmaster@a.test>', []],
      ['RCPT TO:<postmaster@c.test>', []],
    ],
  );
  assert.deepEqual(progress, ['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
});

const failures: readonly [why: string, map: string, far: Far, code: number, text: RegExp][] = [
  [
    'DNS names others: a warning, for the map wins',
    `${one}: [b.test]\n`,
    { [`${one}:25`]: {} },
    0,
    new RegExp(`\nb.test  differs  failed  accepts +${one}:25\n  SRV: ${two}:25 priority 0 weight 0 \\(`),
  ],
  [
    'DNS fails',
    `${one}: [d.test]\n`,
    { [`${one}:25`]: {} },
    75,
    /\nd\.test {2}failed +failed +accepts .*\n {2}SRV: failed: servfail/,
  ],
  [
    'an onion that is off',
    `${one}: [a.test]\n`,
    { [`${one}:25`]: 0xf0 },
    75,
    /\na\.test {2}agrees +none +silent .*\n {2}\S+ has no descriptor/,
  ],
  [
    'postmaster is refused for now',
    `${one}: [a.test]\n`,
    { [`${one}:25`]: { answer: answerWith({ RCPT: '450 4.2.0 greylisted' }) } },
    75,
    /\na\.test {2}agrees +none +refuses .*\n {2}RCPT: 450 4\.2\.0 greylisted\n/,
  ],
  [
    'postmaster is refused for good: it is not the exchanger of this domain',
    `${one}: [a.test]\n`,
    { [`${one}:25`]: { answer: answerWith({ RCPT: '550 5.7.1 no relaying' }) } },
    68,
    /\n {2}RCPT: 550 5\.7\.1 no relaying\n/,
  ],
  [
    'one of two exchangers is off',
    `${one}: [a.test]\n${two}: [a.test]\n`,
    { [`${two}:25`]: {} },
    75,
    new RegExp(`a.test {2}differs +none +accepts +${two}:25\n`),
  ],
];
for (const [why, map, far, code, text] of failures) {
  test(`online, exit code ${code}: ${why}`, async (t) => {
    const { run } = await prepare(t, map, far);
    const result = await run({ online: true });
    assert.match(result.text, text);
    assert.equal(result.code, code);
  });
}

const at = Math.floor(Date.now() / 1000);
const current = { issuedSeconds: at - 60, expiresSeconds: at + 9 * day };
const proofs: readonly [why: string, map: string, file: string | undefined, text: RegExp][] = [
  [
    'valid',
    `${one}: [example.org]\n`,
    formatProof(makeProof(current)),
    /\nexample\.org {2}agrees +valid +accepts/,
  ],
  ['none', `${one}: [example.org]\n`, undefined, /\nexample\.org {2}agrees +none +accepts/],
  [
    'of another onion service',
    `${two}: [example.org]\n`,
    formatProof(makeProof(current)),
    new RegExp(
      `\nexample.org {2}differs +differs .*\n.*\n {2}proof: none for ${two}:25; https: ${one}, port 25, 2525\n`,
    ),
  ],
  [
    'refused',
    `${one}: [example.org]\n`,
    formatProof(makeProof()),
    /\nexample\.org {2}agrees +refused .*\n {2}proof: https: the proof has expired at 2026-04-01/,
  ],
  [
    'for a host without a certificate',
    `${one}: [a.test]\n`,
    '',
    /\na\.test {2}agrees +failed +accepts .*\n1 file/,
  ],
];
for (const [why, map, file, text] of proofs) {
  test(`online, the proof that the domain publishes: ${why}`, async (t) => {
    const far = { [`${one}:25`]: {}, [`${two}:25`]: {} };
    const { run } = await prepare(t, map, far, file === undefined ? {} : { 'example.org': file });
    const result = await run({ online: true });
    assert.match(result.text, text);
    assert.equal(result.code, 0, 'a proof is no must');
  });
}

test('online: an onion that is off is tried once, however many domains it has', async (t) => {
  const { run, tor } = await prepare(t, `${one}: [a.test, b.test, c.test]\n`, { [`${one}:25`]: 0xf2 });
  const { code, text } = await run({ online: true });
  assert.equal(code, 75);
  assert.deepEqual(tor?.asked, [`${one}:25`]);
  assert.equal(text.match(/ silent /g)?.length, 3);
});

test('online, exit code 69: there is no Tor', async (t) => {
  const { run } = await prepare(t, `${one}: [a.test]\n`);
  const { code, text } = await run({ online: true });
  assert.equal(code, 69);
  assert.match(text, /cannot reach Tor at/);
});

test('a map with complaints is not asked about', async (t) => {
  const { run, tor, dns } = await prepare(t, `${one}: [a.test]\nb.test: 1\n`, {});
  assert.equal((await run({ online: true })).code, 78);
  assert.deepEqual([tor?.asked, dns.asked], [[], []]);
});

test('as JSON: everything, in one document', async (t) => {
  const { run } = await prepare(t, `${one}: [a.test]\n`, { [`${one}:25`]: 0xf0 });
  const offline = await run({ json: true });
  assert.deepEqual(JSON.parse(offline.text), {
    ok: true,
    files: ['F/map.yml'],
    domains: 1,
    complaints: [],
    warnings: [],
    proofs: null,
    entries: null,
  });
  const { code, text } = await run({ json: true, online: true });
  assert.equal(code, 75);
  const [entry] = JSON.parse(text).entries;
  assert.deepEqual([entry.domain, entry.srv.result, entry.proof.result], ['a.test', 'agrees', 'none']);
  assert.equal(entry.place, `F/map.yml:1:${one.length + 4}`);
  const [exchanger] = entry.exchangers;
  assert.deepEqual(
    [exchanger.exchanger, exchanger.result, exchanger.code, exchanger.error.code],
    [`${one}:25`, 'silent', null, 'onion-no-descriptor'],
  );
});

test('proofs that lie beside the map', async (t) => {
  const { run, file } = await prepare(t, `${one}: [example.org, other.test]\n`);
  const issuedSeconds = Math.floor(Date.now() / 1000) - day;
  const proof = formatProof(makeProof({ issuedSeconds, expiresSeconds: issuedSeconds + 90 * day }));
  writeFileSync(`${file}.proofs`, `${proof}${formatProof(makeProof({ expiresSeconds: issuedSeconds }))}`);
  const { code, text } = await run();
  assert.equal(code, 0);
  assert.match(text, /\.proofs: proof 2: the proof has expired/);
  assert.match(text, /^Proofs beside the map: 1 exchanger with one that holds, 1 without\.$/m);
  assert.match(text, /: 0 errors, 1 warning\.\n$/);
});
