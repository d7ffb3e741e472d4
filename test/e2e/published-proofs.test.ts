/** Proofs that domains publish, fetched as onionmx fetches them: over HTTPS through an exit of real Tor, and from real DNS. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { formatProof } from '../../src/protocol/proof-signature.ts';
import { formatProofTxtRecord } from '../../src/protocol/proof-txt.ts';
import { day, makeProof } from '../protocol/made-up-proofs.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { type CertificateAuthority, createCertificateAuthority } from './bed/certificates.ts';
import { startBed } from './bed/start-bed.ts';
import { waitFor } from './bed/wait-for.ts';
import { runCommand } from './onionmx-process.ts';

const skip = bedSkip(['tor', 'dns']);
const nowSeconds = Math.floor(Date.now() / 1000);
const life = { issuedSeconds: nowSeconds, expiresSeconds: nowSeconds + 30 * day };

function proofOf(domain: string): string {
  return formatProof(makeProof({ ...life, domains: [parseDomainName(domain)] }));
}

function txtOf(domain: string): string {
  return formatProofTxtRecord(parseDomainName(domain), proofOf(domain));
}

const files = new Map([
  ['web.test', proofOf('web.test')],
  ['thief.test', proofOf('other.test')],
]);

/** What each host has under the well-known name; others have nothing. */
async function startWeb(authority: CertificateAuthority): Promise<Server> {
  const { key, certificate } = await authority.issue('web.test', 'thief.test', 'zone.test', 'plain.test');
  const server = createServer({ key, cert: certificate }, ({ headers, url }, response) => {
    const body = url === '/.well-known/onion-mx' ? files.get(headers.host ?? '') : undefined;
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(443, '127.0.0.1', resolve));
  return server;
}

describe('published proofs', { skip }, async () => {
  if (skip !== false) return;
  const here = '@ A 127.0.0.1';
  const bed = await startBed({
    clientTor: true,
    zones: () => [
      { name: 'web.test', kind: 'unsigned', records: here },
      { name: 'thief.test', kind: 'unsigned', records: here },
      { name: 'zone.test', kind: 'signed', records: `${here}\n${txtOf('zone.test')}` },
      { name: 'plain.test', kind: 'unsigned', records: `${here}\n${txtOf('plain.test')}` },
      { name: 'unnamed.test', kind: 'unsigned', records: here },
    ],
  });
  after(() => bed.stop());
  const authority = await createCertificateAuthority(bed.folder);
  const web = await startWeb(authority);
  after(() => {
    web.close();
    web.closeAllConnections();
  });
  process.env['NODE_EXTRA_CA_CERTS'] = authority.file;
  const { resolver } = bed.dns();
  const socks = `unix:${bed.clientTor().socksPath}`;
  const config = join(bed.folder, 'onionmx.yaml');
  const settings = {
    stateFolder: join(bed.folder, 'state'),
    dns: { resolvers: [`${resolver.host}:${resolver.port}`] },
    tor: { use: 'running', socks, exitSocks: socks },
  };
  await writeFile(config, stringify(settings));
  const check = (domain: string) => runCommand(['proof', 'check', domain, '--config', config]);
  const findProof = async () => {
    const result = await check('web.test');
    return result.status === 0 ? result : undefined;
  };

  test('by HTTPS, with a certificate for the domain', async () => {
    const { stdout } = await waitFor('an exit of Tor', findProof, 120_000);
    assert.match(
      stdout,
      /^https:\/\/web\.test\/\.well-known\/onion-mx\n {2}one proof\n {2}valid: \S+\.onion, port 25, 2525,/,
    );
    assert.match(stdout, /\nTXT _onion-mx-proof\.web\.test\n {2}there is no such record\n/);
  });

  test('the proof of another domain is refused', async () => {
    const { status, stdout } = await check('thief.test');
    assert.equal(status, 65);
    assert.match(stdout, /not valid: the proof does not speak of thief\.test, but of other\.test/);
  });

  test('in a signed zone', async () => {
    const { status, stdout } = await check('zone.test');
    assert.match(
      stdout,
      /there is no such file\nTXT _onion-mx-proof\.zone\.test\n {2}one proof\n {2}valid: /,
    );
    assert.equal(status, 0);
  });

  test('in a zone that is not signed it does not count', async () => {
    const { status, stdout } = await check('plain.test');
    assert.match(stdout, /one proof, but no trusted resolver says that DNSSEC protects the answer/);
    assert.equal(status, 68);
  });

  test('a web server without a certificate for the domain is not believed', async () => {
    const { status, stdout } = await check('unnamed.test');
    assert.match(stdout, /no TLS with unnamed\.test: Hostname\/IP does not match certificate's altnames/);
    assert.equal(status, 75);
  });
});
