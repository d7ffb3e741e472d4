/** Single addresses on Debian's Exim, without Tor: the test address, and own addresses under .onion. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { eximOnionDomains, eximOnionRouter } from '../../src/mail-host/exim-onion-addresses.ts';
import { eximReceivingFiles, eximSendingFiles } from '../../src/mail-host/exim-recipe.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { parsePlainAddress } from '../../src/protocol/mail-address.ts';
import { formatTorProxyLine } from '../../src/protocol/proxy-line.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { createBedFolder } from './bed/bed-folder.ts';
import { startExim } from './bed/exim.ts';
import { connectLocally, talkSmtp } from './bed/exim-talk.ts';
import { eximPlaces, eximPorts } from './exim-bed.ts';

const skip = bedSkip(['exim']);
const domain = parseDomainName('example.test');
const onion = makeOnionAddress(5);
const sender = 'a@peer.test';

/** As an operator may add them to Debian's ACLs: these words must not lose their meaning. */
const aclAdditions = {
  acl_check_mail: '  drop senders = drop@peer.test\n  discard senders = discard@peer.test\n',
  acl_check_rcpt: '  drop local_parts = drop\n  discard local_parts = discard\n',
};

/** As an operator does who has users of his own in each domain: these are the users of example.test alone. */
const virtualUsers = `virtual_users:
  driver = redirect
  domains = ${domain}
  local_parts = alice : carol.b
  data = bob@mx.sender.test
virtual_others:
  driver = redirect
  domains = ${domain}
  allow_fail
  data = :fail: no such user
`;

async function startWithAdditions() {
  const exim = await startExim(await createBedFolder(), {
    hostname: 'mx.sender.test',
    ownDomains: [domain, eximOnionDomains(onion)],
    interfaces: `127.0.0.1.${eximPorts.usual} ; 127.0.0.1.${eximPorts.onion}`,
    relayNets: '127.0.0.1',
  });
  const template = '/etc/exim4/exim4.conf.template';
  let text = await readFile(template, 'utf8');
  for (const [name, lines] of Object.entries(aclAdditions))
    text = text.replace(`\n${name}:\n`, (found) => `${found}${lines}`);
  const routers = `begin routers\n${eximOnionRouter(onion, domain)}${virtualUsers}`;
  await writeFile(
    template,
    text.replace('begin routers\n', () => routers),
  );
  await exim.applyRecipe([
    ...eximSendingFiles(eximPlaces),
    ...eximReceivingFiles({
      port: eximPorts.onion,
      testAddress: parsePlainAddress(`blackhole@${domain}`),
    }),
  ]);
  return exim;
}

type Way = 'the clear net' | 'the onion';

/** The replies from the one to MAIL on. */
async function talk(way: Way, commands: readonly string[]): Promise<readonly string[]> {
  const isOnion = way === 'the onion';
  const socket = connectLocally(isOnion ? eximPorts.onion : eximPorts.usual);
  const first = isOnion ? formatTorProxyLine(73, 25) : '';
  return (await talkSmtp(socket, first, ['EHLO peer.test', ...commands])).slice(2);
}

/** The last word: of MAIL or RCPT when that is refused, or of the message. */
async function send(way: Way, from: string, to: string): Promise<string> {
  const envelope = [`MAIL FROM:<${from}>`, `RCPT TO:<${to}>`];
  const refused = (await talk(way, envelope)).find((reply) => !reply.startsWith('2'));
  if (refused !== undefined) return refused;
  const replies = await talk(way, [...envelope, 'DATA', `Subject: to ${to}\r\n\r\nx\r\n.`]);
  return replies.at(-1) ?? '';
}

describe('Exim, single addresses', { skip }, async () => {
  const exim = skip === false ? await startWithAdditions() : undefined;
  after(() => exim?.stop());
  if (exim === undefined) return;

  /** What became of an accepted message, by the log. */
  function waitForEnd(accepted: string): Promise<string> {
    const [, id = 'no id'] = /^250 OK id=(\S+)/.exec(accepted) ?? [];
    return exim === undefined
      ? Promise.reject(new Error('no Exim'))
      : exim.waitForLog(new RegExp(`${id} (?:=>|\\*\\*|==) `), 20_000);
  }

  describe('the test address', () => {
    for (const address of [
      'blackhole@example.test',
      'blackhole+x@example.test',
      'BlackHole+a.b@Example.TEST',
      '"blackhole"@example.test',
    ])
      test(`${address}: refused over the clear net, accepted and thrown away over the onion`, async () => {
        assert.equal(
          await send('the clear net', sender, address),
          '550 5.7.1 This address is only available through onionmx',
        );
        const end = await waitForEnd(await send('the onion', sender, address));
        assert.match(end, /=> :blackhole: <.*> R=onionmx_test$/);
      });

    for (const [why, way, from, to, reply] of [
      ['a user is one', 'the clear net', sender, 'alice@example.test', /^250 OK id=/],
      ['a user is one', 'the onion', sender, 'alice@example.test', /^250 OK id=/],
      ['nobody', 'the onion', sender, 'blackholes@example.test', /^550 no such user/],
      ['another domain', 'the onion', sender, 'blackhole@other.test', /^550 relay not permitted/],
      ['relaying for programs of this host', 'the clear net', sender, 'blackhole@other.test', /^250 OK id=/],
      ['discard at RCPT', 'the clear net', sender, 'discard@example.test', /^250 OK id=/],
      ['discard at MAIL', 'the clear net', 'discard@peer.test', 'alice@example.test', /^250 OK id=/],
    ] as const)
      test(`all else is as before: ${why}, over ${way}`, async () => {
        assert.match(await send(way, from, to), reply);
      });

    for (const [why, way, commands] of [
      ['at MAIL', 'the clear net', ['MAIL FROM:<drop@peer.test>']],
      ['at MAIL', 'the onion', ['MAIL FROM:<drop@peer.test>']],
      ['at RCPT', 'the clear net', [`MAIL FROM:<${sender}>`, 'RCPT TO:<drop@example.test>']],
    ] as const)
      test(`all else is as before: drop ${why}, over ${way}`, async () => {
        assert.match((await talk(way, commands)).at(-1) ?? '', /^550 /);
        const answered = await talk(way, [...commands, 'NOOP']).catch(() => []); // it may be cut
        assert.ok(answered.length <= commands.length, answered.join('\n'));
      });
  });

  describe('own addresses under .onion', () => {
    for (const to of [`alice@${onion}`, `Carol.B@mail.${onion}`, `ALICE@A.B.${onion.toUpperCase()}`])
      test(`${to} is a user of the ordinary domain`, async () => {
        for (const way of ['the onion', 'the clear net'] as const)
          assert.match(await waitForEnd(await send(way, sender, to)), /=> bob <.*> R=local_user /);
      });

    for (const [to, reply] of [
      [`nobody@${onion}`, /^550 no such user/],
      [`bob@${onion}`, /^550 no such user/], // a user of this host, and none of that domain
      [`victim%elsewhere.test@${onion}`, /^550 /],
      [`elsewhere.test!victim@${onion}`, /^550 /],
      [`"victim@elsewhere.test"@${onion}`, /^550 /],
      [`"victim@elsewhere.test,alice"@${onion}`, /^550 /],
      [`@elsewhere.test:nobody@${onion}`, /^550 /],
      [`alice@x${onion}`, /^550 relay not permitted/],
    ] as const)
      test(`refused before the message is taken: ${to}`, async () => {
        assert.match(await send('the onion', sender, to), reply);
      });

    test('mail of this host for its own onion address stays here, though onionmx does not run', async () => {
      const message = 'Subject: stays\r\n\r\nx\r\n';
      const id = await exim.inject({ sender: 'alice@example.test', recipients: [`alice@${onion}`], message });
      await exim.waitForLog(new RegExp(`${id} => bob .* R=local_user `), 20_000);
    });
  });
});
