/**
 * Attacks with proofs: who forges DNS can sign with the key of his own onion, but he cannot publish in the name of the domain.
 * What a proof is: docs/proofs.md.
 */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { bedSkip } from '../e2e/bed/bed-availability.ts';
import { createCertificateAuthority } from '../e2e/bed/certificates.ts';
import { startHttpsServer } from '../e2e/bed/https-server.ts';
import { srv, startAttackBed } from './attack-bed.ts';
import type { AttackBed } from './describe-attack.ts';
import { clearNetRecords } from './attack-hosts.ts';

const skip = bedSkip();
const place = '/.well-known/onion-mx';
const attackersWeb = '127.0.0.3';
const first = 'info: a domain has an onion: it is remembered';
const proved =
  'info: a domain and its onion name each other, both authenticated: its evidence is "proved" now';
const overruled =
  'warn: DNS has named onion mail exchangers for which the domain publishes no proof: mail goes to those that it has proved';
const tooLittle = 'info: a domain has an onion, but too little evidence of it: mail takes the clear net';

function startBed(): Promise<AttackBed> {
  return startAttackBed({
    domains: {
      'honest.test': 'unsigned',
      'forged.test': 'unsigned',
      'self-made.test': 'unsigned',
      'self-made-strict.test': 'unsigned',
      'other.test': 'unsigned',
      'other-strict.test': 'unsigned',
    },
    settings: {
      trust: { enoughFor: ['self-made-strict.test', 'other-strict.test'].map(asksForProof) },
    },
  });
}

function asksForProof(domain: string) {
  return { domain, enough: 'proved' };
}

describe('attacks with proofs', { skip }, async () => {
  const bed = skip === false ? await startBed() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;
  const { onionmx, dns, good, evil, web, publish, send, peersRule, said, explain } = bed;

  async function makeProof(host: 'good' | 'evil', domain: string, ...flags: string[]): Promise<string> {
    const key = join(bed?.bed.network().folder ?? '', `onion-${host}`, 'service/hs_ed25519_secret_key');
    const { status, stdout, stderr } = await onionmx.run('proof', 'make', '--key', key, ...flags, domain);
    assert.equal(status, 0, stderr);
    return stdout;
  }

  test('no attack: what the domain publishes, and its onion has signed, is found', async () => {
    const domain = 'honest.test';
    web.publish(domain, place, await makeProof('good', domain));
    await publish(domain, srv(good));
    assert.equal(await send(domain), 'good');
    await bed.waitForLook(domain);
    assert.equal(await send(domain), 'good');
    assert.deepEqual(await said(domain), [first, proved]);
    assert.match(await explain(domain), /on the evidence "proved"/);
  });

  test('the attacker is there at the first mail: he is found out, and the next mail goes to the true onion', async () => {
    const domain = 'forged.test';
    const proof = await makeProof('good', domain);
    const afterwards = new EventEmitter();
    // no mail waits for it: this one is gone before the web server of the domain answers
    web.publish(
      domain,
      place,
      once(afterwards, 'mail').then(() => proof),
    );
    await publish(domain, srv(evil));
    assert.equal(await send(domain), 'evil');
    afterwards.emit('mail');
    const warning = await bed.waitForWarning(domain);
    assert.deepEqual([warning['dns'], warning['proved']], [[`${evil}:25`], [`${good}:25`]]);
    assert.equal(await peersRule(domain), 'evil');
    assert.equal(await send(domain), 'good');
    assert.equal(await send(domain), 'good');
    assert.deepEqual(await said(domain), [first, overruled]);
    assert.match(await explain(domain), /on the evidence "proved"/);
  });

  test('his own proof, in forged TXT records and on a web server of his: no evidence', async () => {
    const attackers = await createCertificateAuthority(bed.bed.folder, 'attackers-ca');
    const domains = ['self-made.test', 'self-made-strict.test'] as const;
    const server = await startHttpsServer(await attackers.issue(...domains), attackersWeb);
    bed.bed.onStop('the web server of the attacker', server.stop);
    for (const domain of domains) {
      server.publish(domain, place, await makeProof('evil', domain));
      const txt = (await makeProof('evil', domain, '--txt')).replace(' 3600 ', ' 0 ');
      await dns.setRecords(domain, [...clearNetRecords(attackersWeb), txt, srv(evil)].join('\n'));
      assert.equal(await peersRule(domain), 'evil');
    }
    const [domain, strict] = domains;
    assert.equal(await send(domain), 'evil', 'a domain never seen, as on the clear net');
    const found = await bed.waitForLook(domain);
    assert.match(found, /by HTTPS: cannot get .*no TLS with self-made\.test/);
    assert.match(found, /by DNS: one proof, but no trusted resolver says that DNSSEC protects the answer/);
    assert.match(await explain(domain), /on the evidence "dns"/);
    assert.deepEqual(await said(domain), [first]);

    assert.equal(await send(strict), 'clear net');
    await bed.waitForLook(strict);
    assert.equal(await send(strict), 'clear net');
    assert.deepEqual(await said(strict), [first, tooLittle]);
  });

  test('a proof for another domain: refused', async () => {
    const [domain, strict] = ['other.test', 'other-strict.test'];
    const proof = await makeProof('evil', 'mallory.test');
    for (const each of [domain, strict]) {
      web.publish(each, place, proof);
      await publish(each, srv(evil));
      assert.equal(await peersRule(each), 'evil');
    }
    assert.equal(await send(domain), 'evil', 'a domain never seen, as on the clear net');
    assert.match(await bed.waitForLook(domain), /a proof does not hold \(https\): .*other\.test/);
    assert.match(await explain(domain), /on the evidence "dns"/);

    assert.equal(await send(strict), 'clear net');
    await bed.waitForLook(strict);
    assert.equal(await send(strict), 'clear net');
    assert.deepEqual(await said(strict), [first, tooLittle]);
  });
});
