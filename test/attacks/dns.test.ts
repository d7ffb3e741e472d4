/** Attacks by who answers in place of DNS, or keeps it from answering: docs/trust.md, "Who can do what". */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { bedSkip } from '../e2e/bed/bed-availability.ts';
import { srv, startAttackBed } from './attack-bed.ts';
import type { AttackBed } from './describe-attack.ts';

const skip = bedSkip();
const first = 'info: a domain has an onion: it is remembered';
const doubted =
  'warn: DNS says of a domain what anybody could have forged: mail goes on to the onion that is remembered, as far as DNS still names it';
const failed = 'info: DNS fails for a domain';

function startBed(): Promise<AttackBed> {
  return startAttackBed({
    domains: {
      'changed.test': 'unsigned',
      'removed.test': 'unsigned',
      'partly.test': 'unsigned',
      'never-seen.test': 'unsigned',
      'moved.test': 'signed',
      'ended.test': 'signed',
      'alias.test': 'signed',
      'alias-never-seen.test': 'signed',
      'plain-alias.test': 'unsigned',
      'unsigned-elsewhere.test': 'unsigned',
      'signed-elsewhere.test': 'signed',
      'old.test': 'unsigned',
      'old-never-seen.test': 'unsigned',
      'mixed.test': 'unsigned',
      'bogus.test': 'signed',
      'bogus-never-seen.test': 'signed',
      'stripped.test': 'signed',
      'stripped-never-seen.test': 'signed',
      'servfail.test': 'unsigned',
      'servfail-never-seen.test': 'unsigned',
      'silence.test': 'unsigned',
      'silence-never-seen.test': 'unsigned',
    },
  });
}

describe('attacks on DNS', { skip }, async () => {
  const bed = skip === false ? await startBed() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;
  const { dns, good, evil, publish, send, peersRule, said } = bed;

  /** The domain has had an onion since its first mail. */
  async function learn(domain: string): Promise<void> {
    await publish(domain, srv(good));
    assert.equal(await send(domain), 'good');
  }
  /** What the name server says from now on, and what it does to mail, twice: here, and by the peers' rule. */
  async function expect(domain: string, { here, peers }: { readonly here: string; readonly peers: string }) {
    assert.deepEqual([await peersRule(domain), await send(domain), await send(domain)], [peers, here, here]);
  }

  test('the SRV record is changed: the remembered onion, and one warning', async () => {
    const domain = 'changed.test';
    await learn(domain);
    await publish(domain, srv(evil));
    await expect(domain, { here: 'good', peers: 'evil' });
    assert.deepEqual(await said(domain), [first, doubted]);
    const [warning] = await bed.warnings(domain);
    assert.match(String(warning?.['remembered']), new RegExp(`^${good}:25 \\(dns, last seen `));
    assert.equal(warning?.['dns'], `${evil}:25`);
    assert.match(String(warning?.['hint']), /onionmx memory show changed\.test.*onionmx memory forget/);
  });

  test('the SRV record is removed: the remembered onion, and one warning', async () => {
    const domain = 'removed.test';
    await learn(domain);
    await publish(domain, []);
    await expect(domain, { here: 'good', peers: 'clear net' });
    assert.deepEqual(await said(domain), [first, doubted]);
    assert.equal((await bed.warnings(domain))[0]?.['dns'], 'no onion mail exchanger: nxdomain');
  });

  test('an exchanger is added, and preferred: the remembered one, and one warning', async () => {
    const domain = 'partly.test';
    await learn(domain);
    await publish(domain, [srv(evil), srv(good, { priority: 10 })]);
    await expect(domain, { here: 'good', peers: 'evil' });
    assert.deepEqual(await said(domain), [first, doubted]);
  });

  test('a domain never seen before: whom DNS names, as on the clear net, and no further', async () => {
    const domain = 'never-seen.test';
    await publish(domain, srv(evil));
    await expect(domain, { here: 'evil', peers: 'evil' });
    assert.match(await bed.explain(domain), /on the evidence "dns"/);
    assert.deepEqual(await said(domain), [first]);
  });

  test('no attack: the owner of a signed zone moves, or ends its onion, and is taken at its word', async () => {
    await learn('moved.test');
    await publish('moved.test', srv(evil));
    await expect('moved.test', { here: 'evil', peers: 'evil' });
    const changed = 'info: a domain has changed its onion mail exchangers, by a DNSSEC-validated answer';
    assert.deepEqual(await said('moved.test'), [first, changed]);

    await learn('ended.test');
    await publish('ended.test', []);
    await expect('ended.test', { here: 'clear net', peers: 'clear net' });
    const ended = 'info: a domain has no onion mail exchanger any more, by a DNSSEC-validated answer';
    assert.deepEqual(await said('ended.test'), [first, ended]);
  });

  test('a signed CNAME leads into an unsigned zone: a plain answer', async () => {
    const alias = '_onion-mx._tcp 0 CNAME _onion-mx._tcp.unsigned-elsewhere.test.';
    await publish('unsigned-elsewhere.test', srv(evil));
    await learn('alias.test');
    await publish('alias.test', alias);
    await expect('alias.test', { here: 'good', peers: 'evil' });
    assert.deepEqual(await said('alias.test'), [first, doubted]);

    await publish('alias-never-seen.test', alias);
    await expect('alias-never-seen.test', { here: 'evil', peers: 'evil' });
    assert.match(await bed.explain('alias-never-seen.test'), /not DNSSEC-validated.*on the evidence "dns"/s);
  });

  test('an unsigned CNAME leads into a signed zone of the attacker: a plain answer', async () => {
    const domain = 'plain-alias.test';
    await publish('signed-elsewhere.test', srv(evil));
    await learn(domain);
    await publish(domain, '_onion-mx._tcp 0 CNAME _onion-mx._tcp.signed-elsewhere.test.');
    await expect(domain, { here: 'good', peers: 'evil' });
    assert.deepEqual(await said(domain), [first, doubted]);
  });

  const badTargets: readonly [what: string, target: string, peers: string][] = [
    ['of version 2', 'expyuzz4wqqyqhjn.onion', 'expyuzz4wqqyqhjn.onion'],
    ['with a wrong checksum', `${'a'.repeat(56)}.onion`, `${'a'.repeat(56)}.onion`],
    ['no onion address', 'mx.mallory.test', 'mx.mallory.test'],
  ];
  for (const [what, target, peers] of badTargets) {
    test(`a target is ${what}: ignored, and never looked up`, async () => {
      await publish('old-never-seen.test', srv(target));
      await expect('old-never-seen.test', { here: 'clear net', peers });
      const explained = await bed.explain('old-never-seen.test');
      assert.ok(explained.includes(`ignored ${target}: `), explained);
      await publish('mixed.test', [srv(target), srv(good, { priority: 10 })]);
      await expect('mixed.test', { here: 'good', peers });
      const asked = (await dns.queryLog()).map(({ name }) => name);
      assert.ok(!asked.includes(target) && !asked.some((name) => name.endsWith('.onion')));
    });
  }

  test('a target of version 2 in place of the remembered one: the remembered one, and one warning', async () => {
    await learn('old.test');
    await publish('old.test', srv('expyuzz4wqqyqhjn.onion'));
    await expect('old.test', { here: 'good', peers: 'expyuzz4wqqyqhjn.onion' });
    assert.deepEqual(await said('old.test'), [first, doubted]);
  });

  for (const [name, what, kind] of [
    ['bogus', 'signatures that do not hold', 'bogus'],
    ['stripped', 'no signatures where there have to be some', 'unsigned'],
  ] as const) {
    test(`an answer with ${what}: no answer at all, and nobody else is asked`, async () => {
      const [known, unknown] = [`${name}.test`, `${name}-never-seen.test`];
      await learn(known);
      for (const domain of [known, unknown]) await publish(domain, srv(evil), kind);
      await expect(known, { here: 'good', peers: 'clear net' });
      await expect(unknown, { here: 'waits', peers: 'clear net' });
      assert.match(bed.whyItWaits(unknown), /DNS failed \(bogus: /);
      assert.deepEqual(new Set(await said(known)), new Set([first, failed]));
      assert.deepEqual(new Set(await said(unknown)), new Set([failed]));
      await publish(unknown, srv(good), 'signed');
      assert.equal(await bed.waitForWaiting(unknown), 'good');
    });
  }

  for (const [name, why, block] of [
    ['servfail', 'servfail', dns.stopAuthority],
    ['silence', 'timeout', dns.silenceAuthority],
  ] as const) {
    test(`DNS is blocked by ${name}: the remembered onion; mail to a domain never seen waits`, async () => {
      const [known, unknown] = [`${name}.test`, `${name}-never-seen.test`];
      await learn(known);
      await publish(unknown, srv(good));
      await block();
      await dns.flushCache();
      await expect(known, { here: 'good', peers: 'clear net' });
      await expect(unknown, { here: 'waits', peers: 'clear net' });
      assert.match(bed.whyItWaits(unknown), new RegExp(`DNS failed \\(${why}: .*trying again`));
      assert.deepEqual(new Set(await said(known)), new Set([first, failed]));
      assert.deepEqual(new Set(await said(unknown)), new Set([failed]));
      await dns.startAuthority();
      assert.equal(await bed.waitForWaiting(unknown), 'good');
    });
  }
});
