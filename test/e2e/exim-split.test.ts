/** The recipe in Debian's split configuration: it says the same there, and strangers cannot try passwords. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { eximReceivingFiles, eximSendingFiles } from '../../src/mail-host/exim-recipe.ts';
import { formatTorProxyLine } from '../../src/protocol/proxy-line.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { createBedFolder } from './bed/bed-folder.ts';
import { startExim } from './bed/exim.ts';
import { connectLocally, talkSmtp } from './bed/exim-talk.ts';
import { eximPlaces, eximPorts } from './exim-bed.ts';

const skip = bedSkip(['exim']);

/** As an operator lets mail programs log in. */
const authenticator = `test_plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if eq{$auth2}{bob}}
  server_set_id = $auth2
`;

async function startSplitExim() {
  const exim = await startExim(await createBedFolder(), {
    hostname: 'mx.sender.test',
    ownDomains: ['sender.test'],
    interfaces: `127.0.0.1.${eximPorts.usual} ; 127.0.0.1.${eximPorts.onion}`,
    isSplit: true,
  });
  await writeFile('/etc/exim4/conf.d/auth/90_test', authenticator);
  await exim.applyRecipe([...eximSendingFiles(eximPlaces), ...eximReceivingFiles({ port: eximPorts.onion })]);
  return exim;
}

describe('Exim, split configuration', { skip }, async () => {
  const exim = skip === false ? await startSplitExim() : undefined;
  after(() => exim?.stop());
  if (exim === undefined) return;
  const torLine = formatTorProxyLine(73, 25);

  test('our routers are asked first: without onionmx mail waits, and own mail does not', async () => {
    assert.match(await exim.tryAddress('-bt', 'x@clear.test'), /onionmx does not answer/);
    assert.match(await exim.tryAddress('-bt', 'bob@sender.test'), /router = local_user/);
    assert.match(await exim.tryAddress('-bv', 'x@clear.test'), /verified/);
  });

  test('over the onion: own domains, no strangers, no passwords', async () => {
    const commands = [
      'EHLO x.test',
      `AUTH PLAIN ${Buffer.from('\0bob\0x').toString('base64')}`,
      'MAIL FROM:<x@x.test>',
      'RCPT TO:<x@clear.test>',
      'RCPT TO:<bob@sender.test>',
    ];
    const [, hello, auth, , stranger, own] = await talkSmtp(
      connectLocally(eximPorts.onion),
      torLine,
      commands,
    );
    assert.doesNotMatch(hello ?? '', /AUTH/);
    assert.match(auth ?? '', /^503 /);
    assert.match(stranger ?? '', /^550 relay not permitted/);
    assert.match(own ?? '', /^250 /);
    const usual = await talkSmtp(connectLocally(eximPorts.usual), '', commands.slice(0, 2));
    assert.match(usual[1] ?? '', /AUTH PLAIN/);
    assert.match(usual[2] ?? '', /^235 /);
  });

  test('one circuit cannot go on for ever, and others do not feel it', async () => {
    const commands = [
      'EHLO x.test',
      ...Array.from({ length: 5 }, () => ['MAIL FROM:<x@x.test>', 'RSET']).flat(),
    ];
    const codes: string[] = [];
    while (codes.length < 24_000 && !codes.includes('451')) {
      const replies = await talkSmtp(connectLocally(eximPorts.onion), formatTorProxyLine(99, 25), commands);
      codes.push(...replies.map((reply) => reply.slice(0, 3)));
    }
    assert.ok(codes.includes('451'));
    const other = await talkSmtp(connectLocally(eximPorts.onion), torLine, commands.slice(0, 2));
    assert.match(other[2] ?? '', /^250 /);
  });
});
