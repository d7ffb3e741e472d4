import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDnsClient } from '../../src/net/dns-client.ts';
import { parseResolverAddress } from '../../src/protocol/dns-resolver-address.ts';
import { startFakeDns } from '../fake-dns-server.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { failsWith, longMs, question } from './dns-questions.ts';
import { startFakeSocks } from './fake-socks.ts';

const asked = question();
const refused = (code: number) => Buffer.of(1, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0);

for (const [text, host] of [
  ['tor+tls://dns.example', 'dns.example'],
  [`tor+tcp://${makeOnionAddress(1)}`, makeOnionAddress(1)],
  ['tor+https://192.0.2.1/dns-query#dns.example', '192.0.2.1'],
] as const) {
  test(`${text}: Tor gets the host as it is, and a circuit of its own for DNS, another after each failure`, async (t) => {
    const { address: socks, requests } = await startFakeSocks(t, { afterRequest: refused(1) });
    const client = createDnsClient();
    const server = { address: parseResolverAddress(text), socks };
    for (let count = 0; count < 2; count++) {
      await assert.rejects(client.ask(server, asked, longMs), { code: 'onion-connect-failed' });
    }
    const keys = requests.map((request) => /dns#\d+#[^\0]*/.exec(request.toString('latin1'))?.[0]);
    assert.ok(requests.every((request) => request.includes(host)));
    assert.deepEqual(
      keys.map((key) => key?.split('#')[1]),
      ['0', '1'],
    );
  });
}

test('without Tor nothing is asked, though the resolver could be reached directly', async (t) => {
  const server = await startFakeDns(t, { udp: () => [] });
  const address = parseResolverAddress(`tor+tcp://127.0.0.1:${server.port}`);
  const socks = { kind: 'unix', path: join(makeTemporaryFolder(t), 'socks') } as const;
  await assert.rejects(
    createDnsClient().ask({ address, socks }, asked, longMs),
    failsWith('tor-unreachable', /cannot reach Tor at unix:/),
  );
  await assert.rejects(
    createDnsClient().ask({ address }, asked, longMs),
    failsWith('bug', /asked without Tor/),
  );
  assert.deepEqual(server.asked, []);
});
