/**
 * Resolvers asked over UDP, TCP, TLS and HTTPS, directly and through Tor (an exit, and an onion service in front of the resolver): what the
 * resolver sees, what leaves this host, and that a way that fails is never left for another.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import type { Exchanger } from '../../src/protocol/exchanger.ts';
import { parseOnionAddress } from '../../src/protocol/onion-address.ts';
import { formatEntry, type MemoryEntry } from '../../src/routing/memory/memory-entry.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { askSocketmap } from './bed/ask-socketmap.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { createCertificateAuthority } from './bed/certificates.ts';
import { frontPorts, startDnsFront } from './bed/dns-front.ts';
import { startBed } from './bed/start-bed.ts';
import { startOnionmx } from './onionmx-process.ts';

const skip = bedSkip(['tor', 'dns', 'trace']);
const certificateName = 'dns.front.test';
const exchanger = makeOnionAddress(1);

async function startAll() {
  const folder = await mkdtemp('/dev/shm/dns-');
  const authority = await createCertificateAuthority(folder);
  const front = await startDnsFront(folder, await authority.issue(certificateName));
  const bed = await startBed({
    clientTor: true,
    onionHosts: [
      {
        name: 'dns',
        ports: [
          { onionPort: 53, target: `127.0.0.1:${frontPorts.plain}` },
          { onionPort: 853, target: `127.0.0.1:${frontPorts.tls}` },
          { onionPort: 443, target: `127.0.0.1:${frontPorts.https}` },
        ],
      },
    ],
    zones: () => [
      { name: 'example.test', kind: 'unsigned', records: `*.example.test. SRV 0 0 25 ${exchanger}.` },
      { name: 'front.test', kind: 'unsigned', records: 'dns A 127.0.0.1' },
    ],
  });
  bed.onStop('the resolver in front', front.stop);
  return { folder, authority, front, bed };
}

const withName = `#${certificateName}`;
const resolveBy = (...resolvers: string[]) => ({ dns: { resolvers, tries: 1, torTimeoutMs: 20_000 } });
const questionOf = (domain: string) => `_onion-mx._tcp.${domain}`;
/** With a file or folder behind it, and the command. */
const tracer = [
  'strace',
  '-qq',
  '-e',
  'trace=connect,bind,sendto,sendmsg,sendmmsg',
  '-e',
  'signal=none',
] as const;

/** A line of the trace that names an address of a network. */
const internetAddress = /sa_family=AF_INET6?\b/;

describe('ways to ask DNS', { skip }, async () => {
  const all = skip === false ? await startAll() : undefined;
  after(async () => {
    await all?.bed.stop();
    if (all !== undefined) await rm(all.folder, { recursive: true, force: true });
  });
  if (all === undefined) return;
  const { folder, authority, front, bed } = all;
  const onion = bed.onionHost('dns').onionAddress;
  const socksPort = `unix:${bed.clientTor().socksPath}`;
  let count = 0;

  interface Outcome {
    readonly said: string;
    readonly route: unknown;
    /** System calls that name an address of a network. */
    readonly internetCalls: readonly string[];
  }

  /** `onionmx lookup`, traced. */
  async function lookup(domain: string, settings: Readonly<Record<string, unknown>>): Promise<Outcome> {
    const own = join(folder, String((count += 1)));
    await mkdir(own);
    const [configFile, traceFile] = [join(own, 'c.yaml'), join(own, 'trace')];
    const tor = { use: 'running', socks: socksPort, exitSocks: socksPort };
    await writeFile(configFile, stringify({ stateFolder: join(own, 'state'), tor, ...settings }));
    const command = [process.execPath, 'dist/main.js', 'lookup', domain, '--json', '-c', configFile];
    const output = await runTraced([...tracer, '-f', '-o', traceFile, ...command]);
    const { steps, route } = readExplanation(output);
    const trace = await readFile(traceFile, 'latin1');
    return {
      said: steps.map(({ asked, answer }) => `${asked}: ${answer}`).join('\n'),
      route: route?.kind,
      internetCalls: trace.split('\n').filter((line) => internetAddress.test(line)),
    };
  }

  function runTraced([program, ...args]: readonly [string, ...string[]]): Promise<string> {
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority.file };
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => resolve(Buffer.concat(chunks).toString()));
    });
  }

  const { plain, tls, https } = frontPorts;

  const ways: readonly (readonly [id: string, resolver: string])[] = [
    ['udp', `127.0.0.1:${plain}`],
    ['tcp', `tcp://127.0.0.1:${plain}`],
    ['tls', `tls://127.0.0.1:${tls}${withName}`],
    ['https', `https://127.0.0.1:${https}/dns-query${withName}`],
    ['exit-tcp', `tor+tcp://${certificateName}:${plain}`],
    ['exit-tls', `tor+tls://${certificateName}:${tls}`],
    ['exit-https', `tor+https://${certificateName}:${https}/dns-query`],
    ['onion-tcp', `tor+tcp://${onion}:53`],
    ['onion-tls', `tor+tls://${onion}:853${withName}`],
    ['onion-https', `tor+https://${onion}:443/dns-query${withName}`],
  ];

  for (const [id, resolver] of ways) {
    const domain = `${id}.example.test`;
    const isOverTor = resolver.startsWith('tor+');
    test(`${id}: the answer comes${isOverTor ? ', and nothing but what goes to Tor leaves the process' : ''}`, async () => {
      const { said, route, internetCalls } = await lookup(domain, resolveBy(resolver));
      assert.ok(said.includes(`resolver ${resolver}`), said);
      assert.equal(route, 'onion', said);
      assert.ok((await front.askedNames()).includes(questionOf(domain)));
      if (isOverTor) assert.deepEqual(internetCalls, []);
      else assert.ok(internetCalls.some((call) => call.includes('127.0.0.1')));
    });
  }

  const nobody = 'unix:/nowhere/socks';
  const deadTor = { tor: { use: 'running', socks: nobody, exitSocks: nobody } };
  const failures: readonly (readonly [
    id: string,
    settings: Readonly<Record<string, unknown>>,
    says: RegExp,
  ])[] = [
    [
      'other-name-tls',
      resolveBy(`tls://127.0.0.1:${tls}#other.test`),
      /tls-failed, .*no TLS with other\.test: .*does not match certificate/,
    ],
    [
      'other-name-https',
      resolveBy(`https://127.0.0.1:${https}/dns-query#other.test`),
      /tls-failed, .*no TLS with other\.test: .*does not match certificate/,
    ],
    [
      'other-name-exit',
      resolveBy(`tor+tls://${certificateName}:${tls}#other.test`),
      /tls-failed, .*no TLS with other\.test: .*does not match certificate/,
    ],
    [
      'other-name-onion',
      resolveBy(`tor+tls://${onion}`),
      /tls-failed, .*no TLS with .*\.onion: .*does not match certificate/,
    ],
    [
      'other-path',
      resolveBy(`https://127.0.0.1:${https}/elsewhere${withName}`),
      /malformed, .*HTTP status 404/,
    ],
    ['blocked-tls', resolveBy(`tls://127.0.0.1:1${withName}`), /unreachable, .*ECONNREFUSED/],
    ['blocked-tcp', resolveBy('tcp://127.0.0.1:1'), /unreachable, .*ECONNREFUSED/],
    [
      'tor-down',
      { ...resolveBy(`tor+tls://${certificateName}:${tls}`), ...deadTor },
      /cannot reach Tor at unix:/,
    ],
    ['tor-down-onion', { ...resolveBy(`tor+tcp://${onion}`), ...deadTor }, /cannot reach Tor at unix:/],
  ];

  for (const [id, settings, says] of failures) {
    const domain = `${id}.example.test`;
    test(`${id}: a failure, and nobody is asked in any other way`, async () => {
      const { said, internetCalls } = await lookup(domain, settings);
      assert.match(said, says);
      const asked = [
        ...(await front.askedNames()),
        ...(await bed.dns().queryLog()).map((query) => query.name),
      ];
      assert.equal(asked.includes(questionOf(domain)), false);
      assert.deepEqual(
        internetCalls.filter((call) => call.includes('htons(53)')),
        [],
      );
    });
  }

  test('what is asked next is what the list says, and nothing else', async () => {
    const [blocked, second] = [`tls://127.0.0.1:1${withName}`, `tls://127.0.0.1:${tls}${withName}`];
    const { said } = await lookup('second.example.test', resolveBy(blocked, second));
    assert.ok(said.includes(`resolver ${second}`), said);
  });

  const unasked: readonly (readonly [
    what: string,
    prepare: (domain: string, own: string) => Promise<object>,
  ])[] = [
    [
      'an entry of the map',
      async (domain, own) => {
        const map = join(own, 'map.yml');
        await writeFile(map, `${exchanger}:\n  - ${domain}\n`);
        return { map: [map] };
      },
    ],
    [
      'a pinned memory',
      async (domain, own) => {
        const stateFolder = join(own, 'state');
        await mkdir(join(stateFolder, 'memory'), { recursive: true, mode: 0o700 });
        const entry = makeEntry({
          onionAddress: parseOnionAddress(exchanger),
          port: 25,
          priority: 0,
          weight: 0,
        });
        const name = parseDomainName(domain);
        await writeFile(join(stateFolder, 'memory', `${domain}.json`), formatEntry(name, entry));
        return { stateFolder };
      },
    ],
  ];

  for (const [index, [what, prepare]] of unasked.entries()) {
    test(`${what} is answered without a question`, async () => {
      const domain = `unasked-${index}.example.test`;
      const own = join(folder, domain);
      await mkdir(own);
      const settings = { ...resolveBy(`127.0.0.1:${plain}`), ...(await prepare(domain, own)) };
      const { said, route, internetCalls } = await lookup(domain, settings);
      assert.equal(route, 'onion', said);
      assert.deepEqual(internetCalls, []);
      assert.equal(
        (await front.askedNames()).some((asked) => asked.endsWith(domain)),
        false,
      );
    });
  }

  test('the service with resolvers behind Tor alone: it answers, and opens no socket of a network', async () => {
    const own = join(folder, 'serve');
    const [traceFolder, endpointFolder] = [join(own, 'trace'), join(own, 'e')];
    await mkdir(traceFolder, { recursive: true });
    const settings = {
      ...resolveBy(`tor+tls://${certificateName}:${tls}`, `tor+https://${onion}/dns-query${withName}`),
      tor: { use: 'running', socks: socksPort, exitSocks: socksPort },
      lookup: { socketmap: [`unix:${own}/map.sock`] },
      delivery: { endpointFolder },
    };
    const trace = [...tracer, '-ff', '-o', join(traceFolder, 't')];
    const wrapper = ['env', `NODE_EXTRA_CA_CERTS=${authority.file}`, ...trace];
    const onionmx = await startOnionmx(own, settings, { wrapper });
    try {
      for (const domain of ['served-1.example.test', 'served-2.example.test', 'absent.test']) {
        const { text } = await askSocketmap(join(own, 'map.sock'), `bob@${domain}`);
        assert.match(text, domain === 'absent.test' ? /^NOTFOUND/ : /^OK onion:/);
        assert.ok((await front.askedNames()).includes(questionOf(domain)));
      }
    } finally {
      await onionmx.stop();
    }
    const files = await Promise.all(
      (await readdir(traceFolder)).map((file) => readFile(join(traceFolder, file), 'latin1')),
    );
    const lines = files.flatMap((text) => text.split('\n'));
    assert.ok(
      lines.some((line) => line.includes('sa_family=AF_UNIX')),
      'the trace shows the way to Tor',
    );
    assert.deepEqual(
      lines.filter((line) => internetAddress.test(line)),
      [],
    );
  });
});

function makeEntry(known: Exchanger): MemoryEntry {
  return { exchangers: [known], firstSeenMs: Date.now(), lastSeenMs: Date.now(), isPinned: true };
}

interface Explanation {
  readonly steps: readonly { readonly asked: string; readonly answer: string }[];
  readonly route: { readonly kind: string } | null;
}

function readExplanation(output: string): Explanation {
  const parsed: Explanation = JSON.parse(output);
  return parsed;
}
