/** chasquid behind an onion service, as docs/other-mail-servers/chasquid.md says: no open relay, and what SPF makes of onion mail. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { bedSkip } from './bed/bed-availability.ts';
import { startChasquid } from './bed/chasquid.ts';
import { checkRelay, sendByOnion, startOtherMtaBed } from './other-mta-bed.ts';

const skip = bedSkip(['tor', 'dns', 'chasquid']);
const port = 2501;
const path = '/dev/shm/chasquid.sock';

function startMtaBed() {
  return startOtherMtaBed({
    startMta: (folder) => startChasquid(join(folder, 'c'), { port, path, domain: 'sender.test' }),
    onionHosts: [
      { name: 'tcp', ports: [{ onionPort: 25, target: `127.0.0.1:${port}` }] },
      { name: 'unix', ports: [{ onionPort: 25, target: `unix:${path}` }] },
    ],
    settings: { lookup: { socketmap: [], tcpTable: ['127.0.0.1:2526'] } },
  });
}

describe('chasquid', { skip }, async () => {
  const started = skip === false ? await startMtaBed() : undefined;
  after(() => started?.stop());
  if (started === undefined) return;
  const { bed, mta } = started;

  function send(name: string, sender: string): Promise<string> {
    const message = `From: ${sender}\r\nSubject: by ${name}\r\n\r\nx`;
    return sendByOnion(bed, name, { sender, recipients: ['bob@sender.test'], message });
  }

  for (const name of ['tcp', 'unix']) {
    test(`no open relay: ${name}`, async () => {
      const closed = { code: 0, verdict: 'closed', isAnyAccepted: false };
      assert.deepEqual(await checkRelay(started, name), closed);
    });
  }

  test('by a Unix-domain socket, mail arrives, whatever SPF says of the sender', async () => {
    assert.match(await send('unix', 'alice@example.test'), /^250/);
    await mta.waitForReceived(/^Subject: by unix$/m);
  });

  test('by a TCP address, mail from a domain that has SPF is refused, other mail arrives', async () => {
    assert.match(await send('tcp', 'alice@example.test'), /^550 5\.7\.23 SPF/);
    assert.match(await send('tcp', 'alice@dead.test'), /^250/);
    await mta.waitForReceived(/^Subject: by tcp$/m);
  });
});
