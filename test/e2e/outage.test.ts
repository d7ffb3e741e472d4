/** The onion of a domain is down: its mail waits, or takes the clear net after a time where the operator says so. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { askSocketmap } from './bed/ask-socketmap.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { waitUntilReachable } from './bed/socks-connect.ts';
import { waitFor } from './bed/wait-for.ts';
import { type MailBed, startMailBed } from './mail-bed.ts';
import type { Onionmx } from './onionmx-process.ts';

const skip = bedSkip();

/** Four domains behind the onion of `receiver`. A time of 1 ms is over when the first failure is told. */
function startBed(): Promise<MailBed> {
  return startMailBed({
    torUse: 'running',
    map: (onionAddressOf) => [`${onionAddressOf('receiver')}: [mapped.test, bücher.test, a.below.test]`],
    settings: {
      outage: {
        clearNetAfterMsFor: [
          { domain: 'example.test', clearNetAfterMs: 1 },
          { domain: '.below.test', clearNetAfterMs: 1 },
          { domain: 'mapped.test', clearNetAfterMs: 432_000_000 },
        ],
        tryEveryMs: 500,
      },
    },
    connectTimeoutMs: 8000,
  });
}

describe('outage', { skip }, async () => {
  const mailBed = skip === false ? await startBed() : undefined;
  after(() => mailBed?.stop());
  if (mailBed === undefined) return;
  const { bed, sender, clearNet, onionmx, onionAddressOf, mapSocket } = mailBed;
  const onion = onionAddressOf('receiver');
  const inject = (recipient: string) =>
    sender.inject({
      sender: 'alice@sender.test',
      recipients: [recipient],
      message: 'Subject: outage\r\n\r\n',
    });

  async function send(recipient: string): Promise<string> {
    return sender.waitForLog(new RegExp(`${await inject(recipient)}: to=.*status=`), 90_000);
  }

  /** Until onionmx has tried the onion in vain once more: while Postfix holds a destination back, it tries nothing. */
  async function failOnce(recipient: string): Promise<string> {
    const { length } = await failures(onionmx);
    const queueId = await inject(recipient);
    const hasFailed = async () => {
      if ((await failures(onionmx)).length > length) return true;
      await sender.flush();
      return false;
    };
    await waitFor(`the onion to fail for ${recipient}`, hasFailed, 60_000, { intervalMs: 500 });
    return queueId;
  }

  async function waitUntilSent(queueId: string): Promise<string> {
    const sent = new RegExp(`${queueId}: to=.*status=sent`);
    return waitFor(
      `${queueId} to be sent`,
      async () => {
        await sender.flush();
        return sender.waitForLog(sent, 2000).catch(() => undefined);
      },
      60_000,
    );
  }

  const answerFor = async (recipient: string) => (await askSocketmap(mapSocket, recipient)).text;
  const isOverOnion = async (recipient: string) => (await answerFor(recipient)).endsWith(onion);
  const waitForClearNet = (recipient: string) =>
    waitFor(`${recipient} to take the clear net`, async () => !(await isOverOnion(recipient)), 60_000);
  const waitForOnion = (recipient: string) =>
    waitFor(`${recipient} to take the onion`, () => isOverOnion(recipient), 60_000);
  const warnings = async () =>
    (await onionmx.logLines())
      .filter(({ level, msg }) => level === 'warn' && msg.includes('clear net'))
      .map(({ domain }) => domain);
  const waitUntilReached = () =>
    waitUntilReachable(bed.clientTor().socksPath, { host: onion, port: 25 }, 60_000, () => '');

  test('while the onion answers, nothing takes another way', async () => {
    assert.match(await send('bob@example.test'), /postfix\/onion\/lmtp.*status=sent/);
    assert.deepEqual(await warnings(), []);
  });

  test('Tor is off: the mail waits, however often it is tried', async () => {
    await bed.clientTor().stop();
    const waiting: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      waiting.push(await failOnce('bob@example.test'));
      assert.equal(await isOverOnion('bob@example.test'), true);
    }
    assert.deepEqual(await warnings(), []);
    await bed.clientTor().start();
    await waitUntilReached();
    for (const waited of waiting) assert.match(await waitUntilSent(waited), /postfix\/onion\/lmtp/);
  });

  test('the onion host is off: the mail takes the clear net after the time, and the log says so once', async () => {
    await bed.onionHost('receiver').stop();
    const waiting = [await failOnce('bob@mapped.test'), await failOnce('bob@xn--bcher-kva.test')];
    const queueId = await inject('bob@example.test');
    await waitForClearNet('bob@example.test');
    assert.match(await waitUntilSent(queueId), /postfix\/smtp\[.*status=sent/);
    await clearNet.waitForMessages(1, 10_000);
    await waitForClearNet('bob@a.below.test');
    assert.deepEqual(await warnings(), ['example.test', 'a.below.test']);

    for (const recipient of ['bob@mapped.test', 'bob@xn--bcher-kva.test'])
      assert.equal(await isOverOnion(recipient), true, `${recipient} waits for the onion`);
    const explained = await onionmx.run('lookup', 'bob@example.test');
    assert.match(explained.stdout, /outage +clear net after 0\.001 s without an answer; .*the service/);

    await bed.onionHost('receiver').start();
    await waitForOnion('bob@example.test');
    assert.match((await onionmx.waitForLog(isEnd, 'the end of the outage')).msg, /answers again/);
    // Postfix keeps its last answer for up to 30 s: with these in between it asks again
    for (const waited of waiting) assert.match(await waitUntilSent(waited), /postfix\/onion\/lmtp/);
    assert.match(await waitUntilSent(await inject('bob@example.test')), /postfix\/onion\/lmtp/);
    assert.equal(clearNet.messages.length, 1, 'nothing else took the clear net');
  });

  test('Tor reaches nothing, as if somebody blocked it: the mail waits', async () => {
    const { nodeNames, stopNode } = bed.network();
    await Promise.all(nodeNames.map(stopNode));
    for (let count = 0; count < 3; count += 1) {
      await failOnce('bob@example.test');
      assert.equal(await isOverOnion('bob@example.test'), true);
    }
    assert.equal((await warnings()).length, 2, 'those of before');
    assert.equal(clearNet.messages.length, 1);
  });
});

async function failures(onionmx: Onionmx): Promise<readonly unknown[]> {
  return (await onionmx.logLines()).filter(({ msg }) => msg.startsWith('no exchanger answers'));
}

function isEnd({ level, domains }: { readonly level: string; readonly domains?: unknown }): boolean {
  return level === 'info' && Array.isArray(domains) && domains.includes('example.test');
}
