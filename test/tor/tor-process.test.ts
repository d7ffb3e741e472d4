import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TorLogLine } from '../../src/tor/tor-log-line.ts';
import { startTorProcess, type TorProcess } from '../../src/tor/tor-process.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

interface Started {
  readonly tor: TorProcess;
  readonly lines: readonly TorLogLine[];
  /** Resolves when it has said something. */
  readonly spoke: Promise<unknown>;
}

/** Runs a shell script in tor's place. */
async function run(t: TestContext, script: string): Promise<Started> {
  const program = join(makeTemporaryFolder(t), 'tor');
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const lines: TorLogLine[] = [];
  const events = new EventEmitter();
  const spoke = once(events, 'line');
  const tor = await startTorProcess(program, '/etc/torrc', (line) => {
    lines.push(line);
    events.emit('line');
  });
  t.after(() => tor.stop(0));
  return { tor, lines, spoke };
}

/** Lives until its standard input, which nobody writes to, or a signal ends it; without a child of its own. */
const live = 'mkfifo "$0.pipe"; echo alive; read nothing < "$0.pipe"';

test('its arguments: no defaults of the distribution, our torrc', async (t) => {
  const { tor, lines } = await run(t, 'echo "$@"');
  assert.equal(await tor.ended, 'status 0');
  assert.deepEqual(lines, [{ severity: 'unknown', text: '--defaults-torrc /dev/null -f /etc/torrc' }]);
});

test('how it ended, and what it said last on either stream', async (t) => {
  const { tor } = await run(t, 'echo "Nov 24 08:31:06 [err] No space"; echo "out of luck" >&2; exit 3');
  assert.equal(await tor.ended, 'status 3');
  assert.equal(tor.isRunning(), false);
  assert.deepEqual(tor.lastWords().split(' | ').sort(), ['No space', 'out of luck']);
});

test('only its last lines are kept', async (t) => {
  const { tor, lines } = await run(t, 'for number in $(seq 100); do echo "$number"; done; exit 1');
  await tor.ended;
  assert.equal(lines.length, 100);
  assert.equal(tor.lastWords(), '98 | 99 | 100');
});

test('it ends when it is told to', async (t) => {
  const { tor, spoke } = await run(t, live);
  await spoke;
  assert.equal(tor.isRunning(), true);
  await Promise.all([tor.stop(), tor.stop()]);
  assert.equal(await tor.ended, 'signal SIGTERM');
  await tor.stop();
});

test('it is killed when it does not listen', async (t) => {
  const { tor, spoke } = await run(t, `trap '' TERM; ${live}`);
  await spoke;
  await tor.stop(10);
  assert.equal(await tor.ended, 'signal SIGKILL');
});

test('a program that cannot be executed', async (t) => {
  const program = join(makeTemporaryFolder(t), 'tor');
  writeFileSync(program, 'x', { mode: 0o644 });
  await assert.rejects(
    startTorProcess(program, '/etc/torrc', () => {}),
    { code: 'tor-failed', message: /^cannot start .*tor: spawn .* EACCES$/ },
  );
});
