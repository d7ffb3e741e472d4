import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StopStack } from '../../src/commands/stop-stack.ts';
import { createGate } from '../delivery/gate.ts';

function fillStack(failing: readonly string[] = []) {
  const stops = new StopStack();
  const stopped: string[] = [];
  for (const part of ['map', 'tor', 'endpoints']) {
    stops.add(part, async (name) => {
      stopped.push(name);
      if (failing.includes(name)) throw new Error(`${name} does not stop`);
    });
  }
  return { stops, stopped };
}

test('what was started last is stopped first', async () => {
  const { stops, stopped } = fillStack();
  await stops.stopAll();
  assert.deepEqual(stopped, ['endpoints', 'tor', 'map']);
});

test('the next is stopped only when the one after it has stopped', async () => {
  const { stops, stopped } = fillStack();
  const gate = createGate();
  stops.add('door', () => gate.opened);
  const all = stops.stopAll();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(stopped, []);
  gate.open();
  await all;
  assert.equal(stopped.length, 3);
});

test('each is stopped once', async () => {
  const { stops, stopped } = fillStack();
  await stops.stopAll();
  await stops.stopAll();
  assert.equal(stopped.length, 3);
});

test('one that fails keeps no other from being stopped; the first failure is told', async () => {
  const { stops, stopped } = fillStack(['endpoints', 'tor']);
  await assert.rejects(stops.stopAll(), { message: 'endpoints does not stop' });
  assert.deepEqual(stopped, ['endpoints', 'tor', 'map']);
});

test('what was started is handed on, and a stop need not be asynchronous', async () => {
  const stops = new StopStack();
  const started = { isRunning: true };
  assert.equal(
    stops.add(started, (part) => void (part.isRunning = false)),
    started,
  );
  await stops.stopAll();
  assert.equal(started.isRunning, false);
});
