/**
 * Attacks on domains whose mail servers the clear net authenticates, by MTA-STS or DANE: no forged onion comes in the place of that.
 * Alice's Postfix applies the policies, and a daemon tells it those of MTA-STS: docs/trust.md.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { bedSkip } from '../e2e/bed/bed-availability.ts';
import { startMtaStsDaemon } from '../e2e/bed/mta-sts-daemon.ts';
import type { LogLine } from '../e2e/onionmx-process.ts';
import { ports, srv, startAttackBed } from './attack-bed.ts';
import type { AttackBed } from './describe-attack.ts';
import { mailServerAddress, tlsaRecord } from './attack-hosts.ts';
import { startStreamRelay } from './stream-relay.ts';

const skip = bedSkip(['tor', 'dns', 'postfix', 'mta-sts']);
const first = 'info: a domain has an onion: it is remembered';
const fetched = 'info: fetched the MTA-STS policy of a domain';
const tooLittle = 'info: a domain has an onion, but too little evidence of it: mail takes the clear net';
const noCertificate =
  'warn: an onion mail exchanger of a domain shows no certificate for it: it may be somebody else’s';
const certified =
  'info: the exchangers of a domain show certificates for it: its evidence is "certificate" now';
const refuted = 'an exchanger does not show the certificate that its route rests on: mail waits';
const mtaStsRecord = '_mta-sts 0 TXT "v=STSv1; id=1;"';

async function startBed(): Promise<AttackBed> {
  const bed = await startAttackBed({
    domains: {
      'sts.test': 'unsigned',
      'impostor.test': 'unsigned',
      'dane.test': 'signed',
      'provider.test': 'unsigned',
      'right.test': 'unsigned',
      'relayed.test': 'unsigned',
      'turned.test': 'unsigned',
      'turned-impostor.test': 'unsigned',
    },
  });
  const daemon = await startMtaStsDaemon(bed.bed.folder, bed.authority.file);
  bed.bed.onStop('the MTA-STS daemon', daemon.stop);
  await bed.sender.setMainCf([`smtp_tls_policy_maps = ${daemon.table}`]);
  return bed;
}

describe('attacks on domains with MTA-STS or DANE', { skip }, async () => {
  const bed = skip === false ? await startBed() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;
  const relay = await startStreamRelay(ports.relay.target, mailServerAddress, 25);
  bed.bed.onStop('the relay', relay.stop);
  const { good, evil, publish, send, peersRule, said } = bed;

  /** The domain has MTA-STS, and these records. */
  async function publishWithPolicy(domain: string, record: string): Promise<void> {
    const policy = `version: STSv1\nmode: enforce\nmx: mx.${domain}\nmax_age: 604800\n`;
    bed?.web.publish(`mta-sts.${domain}`, '/.well-known/mta-sts.txt', policy);
    await publish(domain, [mtaStsRecord, record]);
  }
  /** The mail is on the clear net, and Postfix has seen the certificate that the policy of the domain asks for. */
  async function expectPolicyOnClearNet(domain: string): Promise<void> {
    assert.equal(await send(domain), 'clear net');
    const verified = new RegExp(
      `Verified TLS connection established to mx\\.${domain}\\[127\\.0\\.0\\.2\\]:25`,
    );
    await bed?.sender.waitForLog(verified, 1000);
  }

  async function waitForPolicy(domain: string): Promise<void> {
    const isPolicy = (line: LogLine) => line['domain'] === domain && fetched.endsWith(line.msg);
    await bed?.onionmx.waitForLog(isPolicy, `the MTA-STS policy of ${domain}`);
  }

  test('MTA-STS, and a forged SRV record: the clear net, under the policy', async () => {
    const domain = 'sts.test';
    await publishWithPolicy(domain, srv(evil));
    assert.equal(await peersRule(domain), 'evil');
    await expectPolicyOnClearNet(domain);
    await waitForPolicy(domain);
    await expectPolicyOnClearNet(domain);
    const warning = await bed.waitForWarning(domain);
    assert.match(String(warning['found']), /does not offer STARTTLS/);
    assert.match(String(warning['hint']), /onionmx memory show sts\.test/);
    assert.deepEqual(await said(domain), [first, tooLittle, fetched, tooLittle, noCertificate]);
    assert.match(
      await bed.explain(domain),
      /MTA-STS authenticates its mail servers on the clear net \(its MTA-STS policy \(enforce, fetched /,
    );
  });

  test('the MTA-STS record is removed as well: the policy that is known holds', async () => {
    const domain = 'sts.test';
    await publish(domain, srv(evil));
    assert.equal(await peersRule(domain), 'evil');
    await expectPolicyOnClearNet(domain);
    assert.match(await bed.explain(domain), /although DNS names none now/);
  });

  test('MTA-STS, and an exchanger with a certificate for another name: the clear net, and one warning', async () => {
    const domain = 'impostor.test';
    await publishWithPolicy(domain, srv(evil, { port: ports.impostor.onionPort }));
    assert.equal(await peersRule(domain), 'evil');
    await expectPolicyOnClearNet(domain);
    await waitForPolicy(domain);
    await expectPolicyOnClearNet(domain);
    const warning = await bed.waitForWarning(domain);
    assert.match(
      String(warning['found']),
      /shows a certificate for mx\.mallory\.test, not for impostor\.test or mx\.impostor\.test/,
    );
    await expectPolicyOnClearNet(domain);
    assert.deepEqual(await said(domain), [first, tooLittle, fetched, tooLittle, noCertificate]);
  });

  test('DANE, and an onion that DNSSEC does not vouch for: the clear net, under DANE', async () => {
    const domain = 'dane.test';
    await publish(domain, [
      tlsaRecord(bed.certificate.certificate),
      '_onion-mx._tcp 0 CNAME _onion-mx._tcp.provider.test.',
    ]);
    await publish('provider.test', srv(evil));
    assert.equal(await peersRule(domain), 'evil');
    await expectPolicyOnClearNet(domain);
    assert.match(
      await bed.explain(domain),
      /DANE authenticates .* \(TLSA records of mx\.dane\.test\); the evidence "dns" is less/,
    );
    await bed.waitForLook(domain);
    await expectPolicyOnClearNet(domain);
    assert.deepEqual(await said(domain), [first, tooLittle, noCertificate]);
  });

  test('no attack: an exchanger with a certificate for the domain: over the onion, inside TLS', async () => {
    const domain = 'right.test';
    await publishWithPolicy(domain, srv(good));
    await expectPolicyOnClearNet(domain);
    await bed.waitForLook(domain);
    assert.equal(await send(domain), 'good');
    assert.deepEqual(bed.howItCame(domain), { overOnion: true, insideTls: true });
    assert.ok((await said(domain)).includes(certified));
    assert.match(await bed.explain(domain), /on the evidence "certificate"/);
  });

  test('his onion passes streams on to the true mail server: the mail goes inside TLS, past his ears', async () => {
    const domain = 'relayed.test';
    await publishWithPolicy(domain, srv(evil, { port: ports.relay.onionPort }));
    assert.equal(await peersRule(domain), 'evil');
    await expectPolicyOnClearNet(domain);
    await bed.waitForLook(domain);
    assert.equal(await send(domain), 'clear net', 'where the stream leads');
    assert.deepEqual(bed.howItCame(domain), { overOnion: true, insideTls: true });
    assert.match(relay.heard(), /^STARTTLS\r$/m);
    assert.doesNotMatch(relay.heard(), /MAIL FROM|Subject:/);
    assert.ok((await said(domain)).includes(certified));
  });

  for (const [what, target, domain] of [
    ['without a certificate', ports.evil, 'turned.test'],
    ['with one of his own', ports.impostor.target, 'turned-impostor.test'],
  ] as const) {
    test(`then he takes the stream himself, ${what}: the mail waits, and takes the clear net`, async () => {
      relay.turnTo(mailServerAddress, 25);
      await publishWithPolicy(domain, srv(evil, { port: ports.relay.onionPort }));
      await expectPolicyOnClearNet(domain);
      await bed.waitForLook(domain);
      assert.equal(await send(domain), 'clear net', 'where the stream leads');
      assert.deepEqual(bed.howItCame(domain), { overOnion: true, insideTls: true });
      // again, when all names of its policy are known
      await bed.waitForLook(domain, 2);

      relay.turnTo('127.0.0.1', target);
      assert.equal(await peersRule(domain), 'evil');
      assert.equal(await send(domain), 'waits');
      assert.match(bed.whyItWaits(domain), /4\.7\.5 .*the route of .* rests on a certificate/);
      const warning = await bed.waitForWarning(domain);
      assert.equal(warning.msg, refuted);
      assert.equal(await send('sts.test'), 'clear net', 'a mail in between');
      assert.equal(await bed.waitForWaiting(domain), 'clear net');
      await expectPolicyOnClearNet(domain);
      assert.doesNotMatch(relay.heard(), /MAIL FROM|Subject:/);
    });
  }
});
