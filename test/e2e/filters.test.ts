/** rspamd as Debian configures it, as a milter of the onion listener: whom it sees, what it checks, and what it asks of DNS. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { onionListenerOptions, onionListenerService } from '../../src/mail-host/onion-listener.ts';
import { formatTorProxyLine } from '../../src/protocol/proxy-line.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeDkimKey, signDkim } from './bed/dkim.ts';
import { bedSkip } from './bed/bed-availability.ts';
import type { Zone } from './bed/dns-zones.ts';
import { readQueueId } from './bed/postfix.ts';
import { type Rspamd, startRspamd } from './bed/rspamd.ts';
import { dialListener, sendByData } from './bed/smtp-dialogue.ts';
import { type Bed, startBed } from './bed/start-bed.ts';

const skip = bedSkip(['dns', 'postfix', 'rspamd']);
const heloName = makeOnionAddress(1);
const circuitArpa = 'd.a.d.4.f.e.e.b.d.a.e.d.0.0.c.f';
/** What the domain of the sender says: nobody may send for it but one host. */
const dkim = makeDkimKey('sender.test', 'k');
const records = `${dkim.record}
@ TXT "v=spf1 ip4:192.0.2.1 -all"
@ MX 10 @
@ A 192.0.2.1
_dmarc TXT "v=DMARC1; p=reject"`;

const emptyZones = ['arpa', 'com', 'net', 'org', 'eu', 'de', 'onion'];

function startFilterBed(): Promise<Bed> {
  const options = onionListenerOptions().map((option) => `-o ${option}`);
  return startBed({
    zones: () => [
      { name: 'sender.test', kind: 'unsigned', records },
      // where rspamd's blocklists are: "no such name", at once
      ...emptyZones.map((name): Zone => ({ name, kind: 'unsigned', records: '' })),
    ],
    postfix: [
      {
        name: 'r',
        hostname: 'mx.example.test',
        ownDomains: ['example.test'],
        listenPorts: [2502],
        mainCf: ['smtpd_milters = inet:127.0.0.1:11332', 'milter_default_action = tempfail'],
        masterCf: [`${onionListenerService.replace(' y ', ' n ')} ${options.join(' ')}`],
      },
    ],
  });
}

/** The fence of docs/filters.md whose first line is this one. */
async function readRecipe(firstLine: string): Promise<string> {
  const page = await readFile('docs/filters.md', 'utf8');
  const found = Array.from(page.matchAll(/^```\n([^]*?)^```/gm), ([, text = '']) => text);
  return found.find((text) => text.startsWith(`${firstLine}\n`)) ?? assert.fail(`no fence with ${firstLine}`);
}

describe('rspamd and onion mail', { skip }, async () => {
  const bed = skip === false ? await startFilterBed() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;
  let started = 0;

  /** One message of a sender whose SPF cannot pass: what rspamd says of it, and what DNS was asked meanwhile. */
  async function judge(local: Readonly<Record<string, string>>, isSigned = false) {
    started += 1;
    const rspamd: Rspamd = await startRspamd(join(bed?.folder ?? '', `rspamd${started}`), local);
    try {
      const before = (await bed?.dns().queryLog())?.length;
      const peer = dialListener(2515, formatTorProxyLine(73, 25).trimEnd());
      await peer.hear();
      await peer.say(`EHLO ${heloName}`);
      const headers = [
        'From: alice@sender.test',
        'To: bob@example.test',
        `Date: ${new Date().toUTCString()}`,
        `Message-ID: <${started}@sender.test>`,
        'Subject: hello',
      ];
      const body = 'hello bob';
      const all = isSigned ? [signDkim(dkim, headers, `${body}\r\n`), ...headers] : headers;
      const message = [...all, '', body].join('\r\n');
      const mail = { sender: 'alice@sender.test', recipients: ['bob@example.test'], message };
      const reply = await sendByData(peer, mail);
      assert.match(reply, /^250 /, rspamd.logTail());
      const verdict = await rspamd.verdictOn(readQueueId(reply));
      peer.close();
      return { verdict, asked: (await bed?.dns().queryLog())?.slice(before) ?? [] };
    } finally {
      await rspamd.stop();
    }
  }

  test('as Debian has it: the client is the circuit, neither local nor authenticated, and passes nothing', async () => {
    const { verdict } = await judge({});
    assert.match(verdict, / ip: fc00:dead:beef:4dad::49, /);
    assert.match(verdict, /R_SPF_FAIL/);
    assert.match(verdict, /DMARC_POLICY_REJECT/);
    assert.doesNotMatch(verdict, /R_SPF_ALLOW|DMARC_POLICY_ALLOW|ARC_SIGNED|DKIM_SIGNED/);
  });

  test('with the settings of our page: DMARC still counts, SPF does not, and DNS is asked for no .onion name and no circuit', async () => {
    const settings = await readRecipe('onion {');
    const { verdict, asked } = await judge({ 'settings.conf': settings });
    assert.match(verdict, / ip: fc00:dead:beef:4dad::49, /);
    assert.match(verdict, /R_SPF_FAIL\(0\.00\)/);
    assert.match(verdict, /DMARC_POLICY_REJECT\(2\.00\)/);
    assert.match(verdict, /settings_id: onion$/);
    assert.doesNotMatch(verdict, /HFILTER|RDNS_NONE/);
    const names = asked.map(({ name }) => name);
    assert.ok(names.includes('_dmarc.sender.test'), 'the log has come this far');
    assert.deepEqual(
      names.filter((name) => name.endsWith('onion') || name.includes(heloName) || name.includes(circuitArpa)),
      [],
    );
  });

  test('what carries over the onion is DKIM: a signature that passes makes DMARC pass', async () => {
    const { verdict } = await judge({ 'settings.conf': await readRecipe('onion {') }, true);
    assert.match(verdict, /R_DKIM_ALLOW/);
    assert.match(verdict, /DMARC_POLICY_ALLOW/);
    assert.match(verdict, /\(no action\)/);
  });

  test('why fc00::/7 must not be in local_addrs: nothing is checked at all', async () => {
    const { verdict, asked } = await judge({ 'options.inc': 'local_addrs = ["fc00::/7"];\n' });
    assert.match(verdict, / ip: fc00:dead:beef:4dad::49, /);
    assert.doesNotMatch(verdict, /SPF|DMARC/);
    assert.deepEqual(
      asked.filter(({ name }) => name.endsWith('sender.test')),
      [],
    );
  });
});
