import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observeSessions } from '../../src/delivery/observe-sessions.ts';
import { OnionmxError } from '../../src/errors.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createFakeSource, FakeSession } from './fake-sessions.ts';

const exchangers = [makeExchanger(1)] as const;

function observe(acquire: () => FakeSession) {
  const seen: unknown[] = [];
  const source = createFakeSource(acquire);
  const sessions = observeSessions(source, {
    noteAnswer: (set) => void seen.push(['answer', set]),
    noteFailure: (set, { code }) => void seen.push(['failure', set, code]),
  });
  return { seen, source, sessions };
}

test('a session is an answer, and goes back to where it came from', async () => {
  const { seen, source, sessions } = observe(() => new FakeSession(exchangers[0]));
  const session = await sessions.acquire(exchangers);
  assert.deepEqual(seen, [['answer', exchangers]]);
  sessions.release(session);
  assert.deepEqual(source.released, [session]);
});

test('a failure is told and thrown', async () => {
  const { seen, sessions } = observe(() => {
    throw new OnionmxError('onion-timeout', 'no answer');
  });
  await assert.rejects(sessions.acquire(exchangers), { code: 'onion-timeout' });
  assert.deepEqual(seen, [['failure', exchangers, 'onion-timeout']]);
});
