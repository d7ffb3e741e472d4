/** The tools of the map over a real Tor and a real resolver: whether entries hold, and a signed map from an onion service. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { bedSkip } from './bed/bed-availability.ts';
import { startLoopbackServer } from './bed/loopback-server.ts';
import { startSmtpSink } from './bed/smtp-sink.ts';
import { startBed } from './bed/start-bed.ts';
import { runCommand } from './onionmx-process.ts';

const skip = bedSkip(['tor', 'dns']);
/** Of nobody: a right address without a service. */
const nobody = 'zub7xxokvitqhqsrmvwvztozt5ldlmpamu6amnvzkgr2hwzb3lkawsyd.onion';
const sinkPort = 2525;

function srv(name: string, onionAddress: string) {
  return { name, kind: 'unsigned', records: `_onion-mx._tcp SRV 0 0 25 ${onionAddress}.` } as const;
}

describe('the tools of the map', { skip }, async () => {
  if (skip !== false) return;
  const published = new Map<string, string>();
  const web = await startLoopbackServer((socket) =>
    socket.once('data', (request: Buffer) => {
      const body = published.get(/^GET (\S+) /.exec(request.toString())?.[1] ?? '');
      const status = body === undefined ? '404 Not Found' : '200 OK';
      socket.end(`HTTP/1.1 ${status}\r\nServer: test\r\n\r\n${body ?? ''}`);
    }),
  );
  after(() => web.stop());
  const sink = await startSmtpSink({
    port: sinkPort,
    answer: ({ line }) => (line === 'RCPT TO:<postmaster@refused.test>' ? '550 5.7.1 not here' : undefined),
  });
  after(() => sink.stop());
  const bed = await startBed({
    clientTor: true,
    onionHosts: [
      {
        name: 'far',
        ports: [
          { onionPort: 25, target: `127.0.0.1:${sinkPort}` },
          { onionPort: 80, target: `127.0.0.1:${web.port}` },
        ],
      },
    ],
    zones: (onionAddressOf) => [
      srv('agrees.test', onionAddressOf('far')),
      srv('differs.test', nobody),
      { name: 'broken.test', kind: 'broken', records: '' },
    ],
  });
  after(() => bed.stop());

  const far = bed.onionHost('far').onionAddress;
  const { resolver } = bed.dns();
  const [config, map] = [join(bed.folder, 'onionmx.yaml'), join(bed.folder, 'map.yml')];
  const settings = {
    stateFolder: join(bed.folder, 'state'),
    map: [map],
    dns: { resolvers: [`${resolver.host}:${resolver.port}`], timeoutMs: 2000 },
    tor: { use: 'running', socks: `unix:${bed.clientTor().socksPath}` },
  };
  await writeFile(config, stringify(settings));
  const run = (...words: string[]) => runCommand(['map', ...words, '--config', config]);
  const text = `${far}: [agrees.test, differs.test, none.test, refused.test, broken.test]\n${nobody}: [gone.test]\n`;

  test('check: each entry by DNS and through Tor', async () => {
    await writeFile(map, text);
    const { status, stdout, stderr } = await run('check', '--online', '--json');
    assert.deepEqual([status, stderr], [68, ''], stdout);
    const report: {
      entries: { domain: string; srv: { result: string }; exchangers: { result: string; said: string }[] }[];
    } = JSON.parse(stdout);
    const results = report.entries.map(({ domain, srv: { result }, exchangers }) =>
      [domain, result, ...exchangers.map((exchanger) => exchanger.result)].join(' '),
    );
    assert.deepEqual(results.sort(), [
      'agrees.test agrees accepts',
      'broken.test failed accepts',
      'differs.test differs accepts',
      'gone.test none silent',
      'none.test none accepts',
      'refused.test none refuses',
    ]);
    assert.deepEqual(sink.messages, [], 'no mail was sent');
  });

  test('sign, publish, update: from an onion service, and never an older one', async () => {
    await writeFile(map, '');
    const [publisher, keys] = [join(bed.folder, 'published.yml'), join(bed.folder, 'k')];
    const publish = async (content: string) => {
      await writeFile(publisher, content);
      assert.equal((await runCommand(['map', 'sign', publisher, '--key', `${keys}.key`])).status, 0);
      const signature = await readFile(`${publisher}.minisig`, 'utf8');
      published.set('/map.yml', content).set('/map.yml.minisig', signature);
      return signature;
    };
    const update = () => run('update', `http://${far}/map.yml`, '--key', `${keys}.pub`);
    assert.equal((await runCommand(['map', 'keygen', keys])).status, 0);

    const [old, oldText] = [await publish(`${far}: [a.test]\n`), `${far}: [a.test]\n`];
    const first = await update();
    assert.equal(first.status, 0, first.stderr);
    assert.equal(await readFile(map, 'utf8'), oldText);

    await publish(`${far}: [a.test, b.test]\n`);
    assert.equal((await update()).status, 0);
    published.set('/map.yml', oldText).set('/map.yml.minisig', old);
    const third = await update();
    assert.equal(third.status, 75);
    assert.match(third.stderr, /it is older/);
    assert.equal(await readFile(map, 'utf8'), `${far}: [a.test, b.test]\n`);
  });
});
