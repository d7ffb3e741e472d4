import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openResolver } from '../../src/commands/open-resolver.ts';
import { openTlsPolicy } from '../../src/commands/open-tls-policy.ts';
import { tlsPolicyFolderOf } from '../../src/commands/state-paths.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Connection } from '../../src/net/connection.ts';
import { listen } from '../../src/net/listen.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { NetstringDecoder } from '../../src/protocol/netstring.ts';
import { encodeSocketmapReply } from '../../src/protocol/socketmap.ts';
import { openPolicyFiles } from '../../src/routing/tls-policy/mta-sts-files.ts';
import { type ReplyOptions, replyTo, soa } from '../dns-replies.ts';
import { startFakeDns } from '../fake-dns-server.ts';
import { createRecordingLog } from '../recording-log.ts';
import { startFakeWeb } from './fake-web.ts';
import { makeConfig } from './made-up-config.ts';

const [sts, other] = [parseDomainName('sts.test'), parseDomainName('other.test')];
const record = '_mta-sts.sts.test';
const absent: ReplyOptions = { rcode: 3, authorities: [soa('test', 900, 120)] };
const zone: Readonly<Record<string, ReplyOptions>> = {
  [record]: { answers: [{ type: 'TXT', class: 'IN', name: record, ttl: 60, data: 'v=STSv1; id=1;' }] },
};
const notYet = {
  kind: 'mta-sts',
  mxNames: [],
  source: 'its MTA-STS policy, which is not known yet',
  isUnconfirmed: true,
};

interface Prepared {
  readonly config: Config;
  readonly folder: string;
  readonly asked: readonly string[];
}

/** A SocksPort that leads to the Web is at `exit` in the folder. */
async function prepare(t: TestContext, tlsPolicyDaemon: string | null = null): Promise<Prepared> {
  const dns = await startFakeDns(t, { udp: (query, { name }) => [replyTo(query, zone[name] ?? absent)] });
  const { config, folder } = makeConfig(t, (own) => ({
    dns: { resolvers: [`127.0.0.1:${dns.port}`] },
    tor: { use: 'running', exitSocks: `unix:${join(own, 'exit')}` },
    trust: { tlsPolicyDaemon: tlsPolicyDaemon?.replace('FOLDER', own) ?? null },
  }));
  const web = await startFakeWeb(t, join(folder, 'exit'), new Map());
  return { config, folder, asked: web.asked };
}

test('the service fetches what DNS names, over Tor, from no other name', async (t) => {
  const { config, asked } = await prepare(t);
  const log = createRecordingLog();
  const told = new Promise<void>((resolve) => {
    log.info = (fields, event) => {
      log.lines.push({ level: 'info', event, fields });
      resolve();
    };
  });
  const ask = openTlsPolicy(config, { resolver: await openResolver(config), log });
  assert.deepEqual(await ask(sts), notYet);
  assert.deepEqual(await ask(other), { kind: 'none' });
  await told;
  assert.deepEqual(asked, ['mta-sts.sts.test:443']);
  // the server of this test has a certificate for another name
  const reason = log.lines.map(({ fields }) => String(fields['reason'])).join();
  assert.match(reason, /^cannot get \/\.well-known\/mta-sts\.txt from mta-sts\.sts\.test: no TLS with/);
});

test('without a way to the clear net nothing is fetched, and that is told once', async (t) => {
  const { config, asked } = await prepare(t);
  const log = createRecordingLog();
  const ask = openTlsPolicy(
    { ...config, tor: { ...config.tor, exitSocks: null } },
    { resolver: await openResolver(config), log },
  );
  assert.deepEqual([await ask(sts), await ask(sts)], [notYet, notYet]);
  assert.deepEqual(asked, []);
  const event = 'MTA-STS policies cannot be fetched: no way to the clear net through Tor is known';
  const hint = 'set tor.exitSocks, or trust.tlsPolicyDaemon';
  assert.deepEqual(log.lines, [{ level: 'info', event, fields: { hint } }]);
});

test('who only looks fetches and writes nothing, and sees what is kept', async (t) => {
  const { config, asked } = await prepare(t);
  const log = createRecordingLog();
  const ask = openTlsPolicy(config, { resolver: await openResolver(config), log }, { mode: 'look' });
  assert.deepEqual(await ask(sts), notYet);
  const folder = tlsPolicyFolderOf(config);
  assert.equal(existsSync(folder), false);
  const fetchedMs = Date.now();
  const policy = {
    id: '1',
    fetchedMs,
    mode: 'enforce',
    mxNames: ['mx.test'],
    maxAgeSeconds: 86_400,
  } as const;
  await openPolicyFiles({ folder, clock: Date.now, log }).save(sts, policy);
  const source = `its MTA-STS policy (enforce, fetched ${new Date(fetchedMs).toISOString().slice(0, 10)})`;
  assert.deepEqual(await ask(sts), { kind: 'mta-sts', mxNames: ['mx.test'], source });
  assert.deepEqual([asked, log.lines], [[], []]);
});

function serveDaemon(connection: Connection): void {
  answerAll(connection).catch(() => connection.destroy());
}

async function answerAll(connection: Connection): Promise<void> {
  const decoder = new NetstringDecoder(1000);
  for (;;) {
    const bytes = await connection.read(60_000);
    if (bytes === null) return connection.end();
    for (const request of decoder.decode(bytes)) {
      const isKnown = request.toString() === 'm sts.test';
      const reply = isKnown
        ? encodeSocketmapReply('OK', 'secure match=.test')
        : encodeSocketmapReply('NOTFOUND', '');
      await connection.write(reply, 1000);
    }
  }
}

for (const mode of ['serve', 'look'] as const) {
  test(`the daemon of the configuration is asked: ${mode}`, async (t) => {
    const { config, folder, asked } = await prepare(t, 'socketmap:unix:FOLDER/d:m');
    const path = join(folder, 'd');
    const source = `the policy daemon unix:${path}`;
    const ask = openTlsPolicy(
      config,
      { resolver: await openResolver(config), log: createRecordingLog() },
      { mode },
    );
    const why = `${source}: cannot connect to unix:${path}: connect ENOENT ${path}`;
    assert.deepEqual(await ask(parseDomainName('early.test')), { kind: 'unknown', why });

    const listener = await listen({ kind: 'unix', path }, { onConnection: serveDaemon });
    t.after(() => listener.close());
    assert.deepEqual(await ask(sts), {
      kind: 'mta-sts',
      mxNames: ['*.test'],
      source: `${source} says secure`,
    });
    assert.deepEqual(await ask(other), { kind: 'none' });
    assert.deepEqual(asked, []);
  });
}
