/** Which TLS policy a domain has: by real name servers with DNSSEC, by HTTPS through Tor, and by the daemon of Postfix. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { openResolver } from '../../src/commands/open-resolver.ts';
import { openTlsPolicy } from '../../src/commands/open-tls-policy.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import type { AskTlsPolicy, TlsPolicy } from '../../src/routing/tls-policy/tls-policy.ts';
import { rootEnvironment } from '../config/made-up-environment.ts';
import { createRecordingLog } from '../recording-log.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { createCertificateAuthority } from './bed/certificates.ts';
import { startMtaStsDaemon } from './bed/mta-sts-daemon.ts';
import { startBed } from './bed/start-bed.ts';
import { waitFor } from './bed/wait-for.ts';

const skip = bedSkip(['tor', 'dns', 'mta-sts']);
const web = 'mta-sts A 127.0.0.1\n@ MX 10 mx';
const record = (id: string) => `_mta-sts TXT "v=STSv1; id=${id};"\n${web}`;
const tlsa = `_25._tcp.mx TLSA 3 1 1 ${'ab'.repeat(32)}`;
const policyText = (mode: string) =>
  `version: STSv1\r\nmode: ${mode}\r\nmx: *.sts.test\r\nmx: mx.example\r\nmax_age: 604800\r\n`;

const notYet: TlsPolicy = {
  kind: 'mta-sts',
  mxNames: [],
  source: 'its MTA-STS policy, which is not known yet',
  isUnconfirmed: true,
};
const none: TlsPolicy = { kind: 'none' };

describe('the TLS policy of a domain', { skip }, async () => {
  if (skip !== false) return;
  const bed = await startBed({
    clientTor: true,
    zones: () => [
      { name: 'sts.test', kind: 'unsigned', records: record('1') },
      { name: 'testing.test', kind: 'unsigned', records: record('1') },
      { name: 'stranger.test', kind: 'unsigned', records: record('1') },
      { name: 'html.test', kind: 'unsigned', records: record('1') },
      { name: 'plain.test', kind: 'unsigned', records: '@ MX 10 mx' },
      { name: 'dane.test', kind: 'signed', records: `@ MX 10 mx\n${tlsa}` },
      { name: 'none.test', kind: 'signed', records: '@ MX 10 mx' },
      { name: 'unsigned-dane.test', kind: 'unsigned', records: `@ MX 10 mx\n${tlsa}` },
      { name: 'half.test', kind: 'signed', records: '@ MX 10 mx.unsigned-dane.test.' },
      { name: 'alias.test', kind: 'signed', records: '@ MX 10 mx\n_25._tcp.mx CNAME _25._tcp.mx.dane.test.' },
      { name: 'bogus.test', kind: 'bogus', records: `@ MX 10 mx\n${tlsa}` },
      { name: 'broken.test', kind: 'broken', records: '' },
    ],
  });
  after(() => bed.stop());

  const authority = await createCertificateAuthority(bed.folder);
  const { key, certificate } = await authority.issue(
    'mta-sts.sts.test',
    'mta-sts.testing.test',
    'mta-sts.html.test',
  );
  const served = new Map([
    ['mta-sts.sts.test', policyText('enforce')],
    ['mta-sts.testing.test', policyText('testing')],
    ['mta-sts.stranger.test', policyText('enforce')],
    ['mta-sts.html.test', policyText('enforce')],
  ]);
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const text =
      request.url === '/.well-known/mta-sts.txt' ? served.get(request.headers.host ?? '') : undefined;
    const type = request.headers.host === 'mta-sts.html.test' ? 'text/html' : 'text/plain';
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(443, '127.0.0.1', resolve));
  bed.onStop('the web server', async () => {
    server.close().closeAllConnections();
  });

  const { host, port } = bed.dns().resolver;
  const log = createRecordingLog();

  /** As after a restart: nothing but what is on disk is known. */
  async function open(
    mode: 'serve' | 'look' = 'serve',
    tlsPolicyDaemon: string | null = null,
  ): Promise<AskTlsPolicy> {
    const settings = {
      stateFolder: join(bed.folder, 'state'),
      dns: { resolvers: [`${host}:${port}`] },
      tor: { use: 'running', exitSocks: `unix:${bed.clientTor().socksPath}` },
      trust: { tlsPolicyDaemon },
    };
    const config = parseConfig(stringify(settings), 'c.yaml', rootEnvironment);
    return openTlsPolicy(
      config,
      { resolver: await openResolver(config), log },
      { mode, ca: authority.certificate },
    );
  }
  async function ask(domain: string, asker?: AskTlsPolicy): Promise<TlsPolicy> {
    return (asker ?? (await open()))(parseDomainName(domain));
  }
  const explain = () => JSON.stringify(log.lines.slice(-5));
  /** Each time as after a restart, since a process does not try again for minutes. */
  async function waitForPolicy(domain: string, isRight: (policy: TlsPolicy) => boolean): Promise<TlsPolicy> {
    const look = async () => {
      const policy = await ask(domain);
      return isRight(policy) ? policy : undefined;
    };
    return waitFor(`the policy of ${domain}`, look, 60_000, { explain });
  }
  const waitForLog = (domain: string) =>
    waitFor(
      `a word on ${domain}`,
      async () => log.lines.find(({ fields }) => fields['domain'] === domain),
      60_000,
    );

  const signed: readonly [domain: string, why: string, policy: TlsPolicy | 'unknown'][] = [
    ['dane.test', 'MX and TLSA are signed', { kind: 'dane', source: 'TLSA records of mx.dane.test' }],
    [
      'alias.test',
      'a signed CNAME leads to the TLSA',
      { kind: 'dane', source: 'TLSA records of mx.alias.test' },
    ],
    ['none.test', 'signed, and no TLSA', none],
    ['unsigned-dane.test', 'TLSA without DNSSEC', none],
    ['half.test', 'MX with DNSSEC, TLSA without', none],
    ['plain.test', 'nothing', none],
    ['nowhere.test', 'no such domain', none],
    ['bogus.test', 'signatures that do not hold', 'unknown'],
    ['broken.test', 'DNS fails', 'unknown'],
  ];
  for (const [domain, why, expected] of signed) {
    test(`${domain}: ${why}`, async () => {
      const policy = await ask(domain);
      if (expected === 'unknown') assert.equal(policy.kind, 'unknown', JSON.stringify(policy));
      else assert.deepEqual(policy, expected);
    });
  }

  test('MTA-STS: as if enforced at first, then fetched through an exit of Tor, and kept', async () => {
    assert.deepEqual(await ask('sts.test', await open('look')), notYet);
    assert.deepEqual(await ask('sts.test'), notYet);
    const policy = await waitForPolicy(
      'sts.test',
      (seen) => seen.kind === 'mta-sts' && seen.mxNames.length > 0,
    );
    assert.deepEqual(policy.kind === 'mta-sts' && policy.mxNames, ['*.sts.test', 'mx.example']);
    const file = join(bed.folder, 'state/tls-policies/sts.test.json');
    assert.equal(JSON.parse(await readFile(file, 'utf8')).mode, 'enforce');
    assert.deepEqual(await ask('sts.test', await open('look')), policy);
  });

  test('MTA-STS: a policy that is only tried out', async () => {
    await waitForPolicy('testing.test', ({ kind }) => kind === 'none');
  });

  const refused: readonly [domain: string, reason: RegExp][] = [
    ['stranger.test', /no TLS with mta-sts\.stranger\.test: .*not in the cert/],
    ['html.test', /it sends text\/html where text\/plain is due/],
  ];
  for (const [domain, reason] of refused) {
    test(`MTA-STS: what ${domain} sends is no policy`, async () => {
      assert.deepEqual(await ask(domain), notYet);
      assert.match(String((await waitForLog(domain)).fields['reason']), reason);
      assert.deepEqual(await ask(domain, await open('look')), notYet);
    });
  }

  test('the daemon of Postfix: MTA-STS in its words, DANE by our own resolver, and nothing when it is gone', async () => {
    const daemon = await startMtaStsDaemon(bed.folder, authority.file);
    bed.onStop('the policy daemon', daemon.stop);
    const asker = await open('serve', daemon.table);
    const source = 'the policy daemon 127.0.0.1:8461 says secure';
    const policy = await ask('sts.test', asker);
    assert.ok(policy.kind === 'mta-sts', JSON.stringify(policy));
    assert.deepEqual([policy.mxNames.toSorted(), policy.source], [['*.sts.test', 'mx.example'], source]);
    assert.deepEqual(await ask('plain.test', asker), none);
    assert.equal((await ask('dane.test', asker)).kind, 'dane');
    // this daemon says "not found" also when its own question fails; the resolver does not
    assert.equal((await ask('broken.test', asker)).kind, 'unknown');
    await daemon.kill(); // it would wait for our kept connection
    const gone = await ask('other.test', asker);
    assert.ok(gone.kind === 'unknown' && gone.why.includes('connect'), JSON.stringify(gone));
  });

  test('MTA-STS: who removes the record, or blocks DNS, ends nothing that was fetched', async () => {
    await bed.dns().setRecords('sts.test', web);
    const unsaid = await ask('sts.test');
    assert.ok(unsaid.kind === 'mta-sts' && unsaid.source.endsWith('although DNS names none now'));
    await bed.dns().stopAuthority();
    await bed.dns().flushCache();
    const blocked = await ask('sts.test');
    assert.ok(
      blocked.kind === 'mta-sts' && blocked.source.endsWith('while DNS fails'),
      JSON.stringify(blocked),
    );
    assert.deepEqual(blocked.mxNames, ['*.sts.test', 'mx.example']);
    assert.equal((await ask('plain.test')).kind, 'unknown');
    await bed.dns().startAuthority();
  });

  test('MTA-STS: its owner ends it with a new version', async () => {
    served.set('mta-sts.sts.test', 'version: STSv1\nmode: none\nmax_age: 86400\n');
    await bed.dns().setRecords('sts.test', record('2'));
    await waitForPolicy('sts.test', ({ kind }) => kind === 'none');
  });

  test('nothing of it was a warning', () => {
    assert.deepEqual(
      log.lines.filter(({ level }) => level !== 'info'),
      [],
    );
  });
});
