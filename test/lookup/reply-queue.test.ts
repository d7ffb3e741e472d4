import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ReplyQueue } from '../../src/lookup/reply-queue.ts';

const ready = (text: string) => () => Promise.resolve(Buffer.from(text));

async function takeText(queue: ReplyQueue): Promise<string | undefined> {
  const bytes = await queue.take();
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}

test('replies that are ready together leave together, in order', async () => {
  const queue = new ReplyQueue(10);
  for (const text of ['a', 'b', 'c']) await queue.add(ready(text));
  queue.end();
  assert.equal(await takeText(queue), 'abc');
  assert.equal(await takeText(queue), undefined);
});

test('a slow first reply holds back the others, and those before a slow one go out', async () => {
  const queue = new ReplyQueue(10);
  const signal = new EventEmitter();
  await queue.add(ready('a'));
  await queue.add(async () => {
    await once(signal, 'finish');
    return Buffer.from('b');
  });
  await queue.add(ready('c'));
  assert.equal(await takeText(queue), 'a');
  const rest = takeText(queue);
  signal.emit('finish');
  assert.equal(await rest, 'bc');
});

test('who adds waits for room', async () => {
  const queue = new ReplyQueue(2);
  const made: string[] = [];
  const make = (text: string) => () => {
    made.push(text);
    return ready(text)();
  };
  await queue.add(make('a'));
  await queue.add(make('b'));
  const third = queue.add(make('c'));
  await nextTurn();
  assert.deepEqual(made, ['a', 'b']);
  assert.equal(await takeText(queue), 'ab');
  await third;
  assert.equal(await takeText(queue), 'c');
});

test('a failure reaches those who wait to add and those who wait to take', async () => {
  const queue = new ReplyQueue(1);
  const failure = new Error('gone');
  await queue.add(() => new Promise(() => {}));
  const [adding, taking] = [queue.add(ready('b')), queue.take()];
  queue.fail(failure);
  queue.fail(new Error('a later one is not the cause'));
  await assert.rejects(adding, failure);
  await assert.rejects(taking, failure);
  await assert.rejects(queue.add(ready('c')), failure);
});

test('a reply that cannot be made fails the queue', async () => {
  const queue = new ReplyQueue(10);
  const failure = new Error('no reply');
  await queue.add(() => Promise.reject(failure));
  await assert.rejects(queue.take(), failure);
});
