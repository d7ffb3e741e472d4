/** Killed in the middle of a burst and started again: every message arrives. */
import assert from 'node:assert/strict';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { bedSkip } from './bed/bed-availability.ts';
import { isRunning, listProcesses } from './bed/process-table.ts';
import { waitFor } from './bed/wait-for.ts';
import { type MailBed, startMailBed } from './mail-bed.ts';

const skip = bedSkip();
const burstSize = 100;

function subjectOf(message: Buffer): string {
  return /^Subject: (.*?)\r?$/m.exec(message.toString('latin1'))?.[1] ?? '';
}

/** tor is a child of onionmx. */
async function killTor(onionmxPid: number): Promise<void> {
  const tor = listProcesses().find(({ parentPid, name }) => parentPid === onionmxPid && name === 'tor');
  assert.ok(tor !== undefined, 'onionmx has no tor');
  process.kill(tor.pid, 'SIGKILL');
  await waitFor('tor to be gone', () => !isRunning(tor.pid), 5000);
}

describe('crashes', { skip }, async () => {
  const mailBed: MailBed | undefined = skip === false ? await startMailBed() : undefined;
  after(() => mailBed?.stop());
  if (mailBed === undefined) return;
  const { sender, receiver, onionmx } = mailBed;

  function injectBurst(name: string): Promise<string[]> {
    const subjects = Array.from({ length: burstSize }, (_, index) => `${name} ${index}`);
    return Promise.all(
      subjects.map(async (subject) => {
        const message = `Subject: ${subject}\r\n\r\n${'x'.repeat(70)}\r\n`;
        await sender.inject({ sender: 'alice@sender.test', recipients: ['bob@example.test'], message });
        return subject;
      }),
    );
  }

  async function receivedSubjects(name: string): Promise<string[]> {
    return (await receiver.received())
      .map(({ message }) => subjectOf(message))
      .filter((subject) => subject.startsWith(name));
  }

  async function waitForAll(name: string, subjects: readonly string[]): Promise<void> {
    await waitFor(
      `${burstSize} messages of the burst`,
      async () => {
        await sender.flush();
        return new Set(await receivedSubjects(name)).size >= burstSize;
      },
      120_000,
      { intervalMs: 1000, explain: async () => `got ${(await receivedSubjects(name)).length}` },
    );
    assert.deepEqual(new Set(await receivedSubjects(name)), new Set(subjects));
    await waitFor('an empty queue', async () => (await sender.queue()).length === 0, 60_000);
  }

  test('onionmx is killed during a burst of 100 messages and started again: all arrive', async () => {
    const injecting = injectBurst('killed');
    await waitFor(
      'the burst to be under way',
      async () => (await receivedSubjects('killed')).length >= 10,
      60_000,
      {
        intervalMs: 5,
      },
    );
    await onionmx.kill();
    const before = (await receivedSubjects('killed')).length;
    assert.ok(before < burstSize, 'it was killed too late to show anything');
    const subjects = await injecting;
    await onionmx.start();
    await waitForAll('killed', subjects);
  });

  test('its tor is killed: it is started again, and mail goes on', async () => {
    await killTor(onionmx.pid());
    await onionmx.waitForLog(({ msg }) => msg === 'tor has died', 'the end of tor to be noticed');
    const subjects = await injectBurst('tor');
    await waitForAll('tor', subjects);
  });

  test('SIGTERM during a burst: it ends cleanly, and nothing is lost', async () => {
    const injecting = injectBurst('stopped');
    await waitFor(
      'the burst to be under way',
      async () => (await receivedSubjects('stopped')).length >= 10,
      60_000,
      {
        intervalMs: 5,
      },
    );
    await onionmx.stop();
    const subjects = await injecting;
    await onionmx.start();
    await waitForAll('stopped', subjects);
  });
});
