import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectTorControl, type TorControl } from '../../src/tor/control-client.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { type FakeControlOptions, startFakeControl } from './fake-control-port.ts';

const cookie = Buffer.alloc(32, 1);
const timeoutMs = 10_000;

interface Opened {
  readonly control: TorControl;
  readonly events: readonly string[];
}

interface Circumstances {
  readonly answer?: FakeControlOptions['answer'];
  /** What the client finds in the cookie file; undefined: no file. */
  readonly cookieOnDisk?: Buffer | undefined;
  readonly timeoutMs?: number;
}

async function open(t: TestContext, circumstances: Circumstances = {}): Promise<Opened> {
  const folder = makeTemporaryFolder(t);
  const address = { kind: 'unix', path: join(folder, 'control') } as const;
  const cookieFile = join(folder, 'cookie');
  const { answer, cookieOnDisk } = { cookieOnDisk: cookie, ...circumstances };
  if (cookieOnDisk !== undefined) writeFileSync(cookieFile, cookieOnDisk);
  const listener = await startFakeControl(address, { cookie, ...(answer === undefined ? {} : { answer }) });
  t.after(() => listener.close());
  const events: string[] = [];
  const control = await connectTorControl({
    address,
    cookieFile,
    timeoutMs: circumstances.timeoutMs ?? timeoutMs,
    onEvent: ({ lines }) => events.push(lines[0]?.text ?? ''),
  });
  t.after(() => control.close());
  return { control, events };
}

test('commands get their replies, in order, also when many are under way', async (t) => {
  const { control } = await open(t, { answer: (command) => `250-${command}\r\n250 OK\r\n` });
  const commands = ['GETINFO a', 'GETINFO b', 'GETINFO c'];
  const replies = await Promise.all(commands.map((command) => control.send(...command.split(' '))));
  assert.deepEqual(
    replies.map(({ lines }) => lines[0]?.text),
    commands,
  );
});

test('events come between replies, and are no replies', async (t) => {
  const { control, events } = await open(t, {
    answer: () => '650 STATUS_CLIENT NOTICE ONE\r\n250 OK\r\n650 STATUS_CLIENT NOTICE TWO\r\n',
  });
  await control.send('SETEVENTS', 'STATUS_CLIENT');
  await control.send('SETEVENTS', 'STATUS_CLIENT');
  assert.deepEqual(events.slice(0, 3), [
    'STATUS_CLIENT NOTICE ONE',
    'STATUS_CLIENT NOTICE TWO',
    'STATUS_CLIENT NOTICE ONE',
  ]);
});

test('a refused command tells what was said, and the conversation goes on', async (t) => {
  const { control } = await open(t, {
    answer: (command) => (command === 'GETINFO x' ? '552 Unrecognized key "x"\r\n' : undefined),
  });
  await assert.rejects(control.send('GETINFO', 'x'), {
    code: 'tor-control',
    message: 'tor refused GETINFO: 552 Unrecognized key "x"',
  });
  assert.equal((await control.send('TAKEOWNERSHIP')).code, 250);
});

test('a command without an answer ends the conversation: later replies could not be told apart', async (t) => {
  const { control } = await open(t, {
    answer: (command) => (command === 'HANG' ? '' : undefined),
    timeoutMs: 500,
  });
  const message = 'the control connection to tor has ended: no answer to HANG within 500 ms';
  await assert.rejects(control.send('HANG'), { code: 'tor-control', message });
  await control.closed;
  await assert.rejects(control.send('GETINFO', 'version'), { code: 'tor-control', message });
});

for (const [answer, complaint, why] of [
  ['HTTP/1.0 400\r\n', /is no reply/, 'garbage'],
  ['250 OK\r\n250 OK\r\n', /a reply to no command/, 'one reply too many'],
] as const) {
  test(`ended by ${why}`, async (t) => {
    const { control } = await open(t, { answer: () => answer });
    await control.send('ANY').catch(() => {});
    await control.closed;
    await assert.rejects(control.send('ANY'), { code: 'tor-control', message: complaint });
  });
}

test('whoever waits when tor goes away is told', async (t) => {
  const { control } = await open(t, {
    answer: (_command, client) => {
      client.destroy();
      return '';
    },
  });
  const waiting = [control.send('ONE'), control.send('TWO')];
  for (const command of waiting) await assert.rejects(command, { code: 'tor-control', message: /has ended/ });
  await control.closed;
});

test('closing is final', async (t) => {
  const { control } = await open(t);
  control.close();
  await control.closed;
  await assert.rejects(control.send('ANY'), { code: 'tor-control', message: /has ended: closed$/ });
});

for (const [cookieOnDisk, message, why] of [
  [Buffer.alloc(32, 9), /does not know the cookie/, 'another cookie than ours'],
  [Buffer.alloc(5), /has 5 octets/, 'a file that is no cookie'],
  [undefined, /cannot read Tor's cookie: ENOENT/, 'no cookie'],
] as const) {
  test(`no conversation with ${why}`, async (t) => {
    await assert.rejects(open(t, { cookieOnDisk }), { code: 'tor-control', message });
  });
}

test('nobody at the address', async () => {
  const address = { kind: 'unix', path: '/nonexistent/control' } as const;
  const options = { address, cookieFile: '/nonexistent/cookie', timeoutMs, onEvent: () => {} };
  await assert.rejects(connectTorControl(options), { code: 'connect-failed' });
});
