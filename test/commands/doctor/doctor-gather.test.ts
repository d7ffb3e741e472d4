/** What doctor finds out by asking: Tor, resolvers, our own sockets, and the listeners behind onion services. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gatherDns } from '../../../src/commands/doctor/gather-dns.ts';
import { gatherLookup } from '../../../src/commands/doctor/gather-lookup.ts';
import { gatherReceiving } from '../../../src/commands/doctor/gather-receiving.ts';
import { gatherTor } from '../../../src/commands/doctor/gather-tor.ts';
import { findMailServerAudit } from '../../../src/commands/doctor/mail-server-audit.ts';
import { startLookupServer } from '../../../src/lookup/lookup-server.ts';
import { parsePostfixListeners } from '../../../src/mail-host/postfix-listeners.ts';
import { listen } from '../../../src/net/listen.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { parseSocketAddress } from '../../../src/protocol/socket-address.ts';
import { replyTo, srv } from '../../dns-replies.ts';
import { startFakeDns } from '../../fake-dns-server.ts';
import { makeExchanger, makeOnionAddress } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { startFakeTor } from '../fake-tor.ts';
import { makeConfig } from '../made-up-config.ts';

const own = makeOnionAddress(1);
type Far = Parameters<typeof startFakeTor>[2][string];

async function askTor(t: TestContext, nobody: number, far: Far | undefined) {
  const { config } = makeConfig(t, (folder) => ({
    tor: { use: 'running', socks: `unix:${folder}/socks` },
    delivery: { endpointFolder: folder },
  }));
  const known: Record<string, Far> = far === undefined ? {} : { [`${own}:25`]: far };
  // every other onion address is nobody's
  const answers = new Proxy(known, { get: (target, name) => target[String(name)] ?? nobody });
  await startFakeTor(t, config.tor.socks, answers);
  return gatherTor(config, [makeExchanger(1)], []);
}

test('a Tor in the network that tells reasons, and our onion service greets', async (t) => {
  const { network, onions, program, bootstrap } = await askTor(t, 0xf0, { offers: [] });
  assert.ok(network.kind === 'answers' && network.tellsReasons);
  assert.deepEqual(onions, [{ name: `${own}:25`, error: undefined, isClosed: false }]);
  assert.deepEqual([program, bootstrap], [undefined, undefined]);
});

test('one that tells no reasons, and our onion service is not reached', async (t) => {
  const { network, onions } = await askTor(t, 0x04, 0x01);
  assert.ok(network.kind === 'answers' && !network.tellsReasons);
  assert.match(onions[0]?.error?.message ?? '', /did not answer/);
});

test('our onion service is for a closed group', async (t) => {
  const { onions } = await askTor(t, 0xf0, 0xf4);
  assert.deepEqual(
    onions.map(({ isClosed }) => isClosed),
    [true],
  );
});

test('a Tor that is not in the network: our onion services are left alone', async (t) => {
  const { network, onions } = await askTor(t, 0x06, 0x01);
  assert.equal(network.kind, 'no-network');
  assert.deepEqual(
    onions.map(({ error }) => error),
    [undefined],
  );
});

test('no Tor at all: nor our own, which has no control socket then', async (t) => {
  const { config } = makeConfig(t, (folder) => ({ tor: { program: `${folder}/tor` } }));
  const { network, program, bootstrap, lacksProofOfWork } = await gatherTor(config, [], []);
  assert.equal(network.kind, 'no-socks');
  assert.ok(program !== undefined && 'message' in program);
  assert.deepEqual([bootstrap, lacksProofOfWork], [undefined, false]);
});

test('a tor program tells its version, and what it was built without', async (t) => {
  const { config, folder } = makeConfig(t, (root) => ({
    tor: { program: `${root}/tor` },
    receiving: { onionServices: [{ name: 'mail' }] },
  }));
  writeFileSync(
    join(folder, 'tor'),
    '#!/bin/sh\n[ "$1" = --version ] && echo "Tor version 0.4.8.10."\necho "pow: no"\n',
  );
  chmodSync(join(folder, 'tor'), 0o755);
  const { program, lacksProofOfWork } = await gatherTor(config, [], []);
  assert.deepEqual(program, { path: join(folder, 'tor'), version: '0.4.8.10' });
  assert.equal(lacksProofOfWork, true);
});

test('resolvers are asked one by one, and own domains are read; a name under .onion is not asked', async (t) => {
  const soa = { type: 'SOA', name: 'arpa', ttl: 60, data: { mname: 'a', rname: 'b', minimum: 60 } } as const;
  const { port } = await startFakeDns(t, {
    udp: (query, { name }) =>
      name === 'arpa'
        ? [replyTo(query, { flags: ['AD'], authorities: [soa] })]
        : [replyTo(query, { answers: [srv(name, own)] })],
  });
  const { config } = makeConfig(t, { dns: { resolvers: [`127.0.0.1:${port}`, '127.0.0.1:1'], tries: 1 } });
  const domains = ['own.test', own].map(parseDomainName);
  const { dns, srv: published } = await gatherDns(config, domains);
  const [good, bad] = dns.resolvers;
  assert.deepEqual(good, { name: `127.0.0.1:${port}`, isLocal: true, answer: { isAuthenticated: true } });
  assert.ok(bad !== undefined && 'trouble' in bad.answer);
  assert.equal(published.length, 1);
  const [first] = published;
  assert.ok(first?.kind === 'found');
  assert.deepEqual([first.domain, first.isAuthenticated], ['own.test', false]);
  assert.match(first.exchangers.join(), new RegExp(`^${own}:\\d+$`));
});

test('what is not published, and a resolver that fails', async (t) => {
  const { port } = await startFakeDns(t, {
    udp: (query, { name }) => [replyTo(query, { rcode: name.endsWith('broken.test') ? 2 : 3 })],
  });
  const { config } = makeConfig(t, { dns: { resolvers: [`127.0.0.1:${port}`], tries: 1 } });
  const { srv: published } = await gatherDns(config, ['own.test', 'broken.test'].map(parseDomainName));
  assert.deepEqual(
    published.map(({ kind }) => kind),
    ['none', 'failed'],
  );
});

test('our lookup sockets are asked as Postfix asks; endpoints are looked at', async (t) => {
  const { config, folder } = makeConfig(t, (root) => ({
    domains: { own: ['own.test', own] },
    lookup: {
      socketmap: [`unix:${root}/s/map.sock`, `unix:${root}/none.sock`],
      tcpTable: ['127.0.0.1:1'],
    },
    delivery: { endpointFolder: join(root, 's') },
  }));
  mkdirSync(join(folder, 's'));
  const [socketmap] = config.lookup.socketmap;
  assert.ok(socketmap !== undefined);
  const server = await startLookupServer({
    socketmap: [socketmap],
    tcpTable: [parseSocketAddress('127.0.0.1:0')],
    answer: async (key) =>
      key === '*' ? { kind: 'not-found', reason: '' } : { kind: 'found', value: 'onion:unix:x' },
    idleMs: 60_000,
    mode: 0o660,
    log: createRecordingLog(),
  });
  t.after(() => server.close());
  const endpoint = await listen(parseSocketAddress(`unix:${folder}/s/a.onion`), {
    onConnection: (client) => client.end(),
  });
  t.after(() => endpoint.close());
  const tcpTable = server.addresses.slice(1);
  const found = await gatherLookup({ ...config, lookup: { ...config.lookup, tcpTable } }, 'root');
  const [good, none, tcp] = found.servers;
  assert.deepEqual(good?.answers, [
    { key: '*', reply: 'NOTFOUND' },
    { key: 'postmaster@own.test', reply: 'OK onion:unix:x' },
  ]);
  assert.equal((good?.files?.at(-1)?.mode ?? 0) & 0o777, 0o660);
  assert.deepEqual(good?.files?.[0]?.path, '/');
  assert.ok(none !== undefined && 'trouble' in none.answers && !none.answers.isForbidden);
  assert.equal(none.files, undefined);
  assert.deepEqual(tcp?.answers, [
    { key: '*', reply: 'NOTFOUND' },
    { key: 'postmaster@own.test', reply: '200 onion:unix:x' },
  ]);
  assert.deepEqual(
    found.endpoints.map(({ name }) => name),
    [`unix:${folder}/s/a.onion`],
  );
  assert.deepEqual(found.user, { name: 'root', uid: 0, gid: 0 });
});

test('a server that hangs up is trouble, and a user that is not there is none', async (t) => {
  const { config } = makeConfig(t, (folder) => ({
    lookup: { socketmap: [`unix:${folder}/map.sock`] },
    delivery: { endpointFolder: join(folder, 'none') },
  }));
  const [address] = config.lookup.socketmap;
  assert.ok(address !== undefined);
  const listener = await listen(address, { onConnection: (client) => client.end() });
  t.after(() => listener.close());
  const { servers, endpoints, user } = await gatherLookup(config, 'no such user');
  assert.ok(servers[0] !== undefined && 'trouble' in servers[0].answers);
  assert.match(servers[0].answers.trouble, /closed the connection/);
  assert.deepEqual([endpoints, user], [[], undefined]);
});

test('onion services of a torrc: those for mail, their addresses, and whether somebody listens', async (t) => {
  const { config, folder } = makeConfig(t);
  const listener = await listen(parseSocketAddress('127.0.0.1:0'), {
    onConnection: (client) => client.end(),
  });
  t.after(() => listener.close());
  const { address } = listener;
  assert.ok(address.kind === 'tcp');
  mkdirSync(join(folder, 'mail'));
  writeFileSync(join(folder, 'mail/hostname'), `${own}\n`);
  const torrc = join(folder, 'torrc');
  writeFileSync(
    torrc,
    `HiddenServiceDir ${folder}/mail
HiddenServicePort 25 127.0.0.1:${address.port}
HiddenServicePort 80 127.0.0.1:8080
HiddenServiceDir ${folder}/other
HiddenServicePort 25 127.0.0.1:1
`,
  );
  const found = await gatherReceiving(config, torrc, undefined);
  assert.equal(found.receiving.audited, undefined);
  assert.deepEqual(found.onions, [{ ...makeExchanger(1), isClosed: false }]);
  assert.deepEqual(found.unnamed, [join(folder, 'other')]);
  const troubles = found.receiving.targets.map(({ name, trouble }) => [name, trouble === undefined]);
  assert.deepEqual(troubles, [
    [`127.0.0.1:${address.port}`, true],
    ['127.0.0.1:1', false],
  ]);
  const master = `127.0.0.1:${address.port} inet n - n - - smtpd\n`;
  const main = 'mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks\n';
  const server = await findMailServerAudit(config, parsePostfixListeners(master, main));
  const { receiving, onions } = await gatherReceiving(config, torrc, server);
  assert.deepEqual(
    receiving.audited?.map(({ severity }) => severity),
    ['open', 'broken'],
  );
  assert.equal(onions.length, 1);
});
