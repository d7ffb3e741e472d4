import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fanOut } from '../../src/delivery/fan-out.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** Counts how far it was read. */
class Source implements AsyncIterable<Uint8Array> {
  read = 0;
  readonly #chunks: readonly string[];
  readonly #failure: Error | undefined;

  constructor(chunks: readonly string[], failure?: Error) {
    this.#chunks = chunks;
    this.#failure = failure;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (const chunk of this.#chunks) {
      this.read++;
      yield Buffer.from(chunk);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}

async function readAll(body: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const readOne = async (body: Bytes): Promise<string> => {
  for await (const chunk of body) return `only ${Buffer.from(chunk).toString()}`;
  return 'nothing';
};

const never = () => Promise.resolve('done before');
const failAtOnce = () => Promise.reject(new Error('broken'));
const told = (body: Bytes) => readAll(body).catch((error: unknown) => `told: ${String(error)}`);

/** Is over while the bytes that it asked for have not come. */
function wait(body: Bytes): Promise<string> {
  body[Symbol.asyncIterator]()
    .next()
    .catch(() => undefined);
  return Promise.resolve('gone');
}

function take(count: number): (body: Bytes) => Promise<string[]> {
  return async (body) => {
    const taken: string[] = [];
    if (count === 0) return taken;
    for await (const chunk of body) {
      taken.push(Buffer.from(chunk).toString());
      if (taken.length === count) break;
    }
    return taken;
  };
}

test('everyone gets everything', async () => {
  assert.deepEqual(await fanOut(new Source(['a', 'b', 'c']), [readAll, readAll, readAll]), [
    'abc',
    'abc',
    'abc',
  ]);
});

test('without consumers nothing is read', async () => {
  const source = new Source(['a']);
  assert.deepEqual(await fanOut(source, []), []);
  assert.equal(source.read, 0);
});

test('who never reads, stops early or has failed holds nobody up', async () => {
  const source = new Source(['a', 'b', 'c']);
  assert.deepEqual(await fanOut(source, [never, readAll, readOne]), ['done before', 'abc', 'only a']);
});

test('a consumer that ends while it waits for bytes is not waited for', async () => {
  assert.deepEqual(await fanOut(new Source(['a', 'b']), [wait, readAll, readAll]), ['gone', 'ab', 'ab']);
});

test('when all have stopped, the source is read no further', async () => {
  const source = new Source(['a', 'b', 'c']);
  await fanOut(source, [readOne, readOne]);
  assert.equal(source.read, 1);
});

test('the source runs ahead of the slowest by one chunk at most', async () => {
  const source = new Source(['a', 'b', 'c', 'd']);
  const gaps: number[] = [];
  const slow = async (body: Bytes) => {
    const seen: string[] = [];
    for await (const chunk of body) {
      seen.push(Buffer.from(chunk).toString());
      await new Promise(setImmediate); // time for the quick one to get ahead, were it allowed to
      gaps.push(source.read - seen.length);
    }
    return 'slow';
  };
  assert.deepEqual(await fanOut(source, [readAll, slow]), ['abcd', 'slow']);
  assert.deepEqual(gaps, [0, 0, 0, 0]);
});

test('when the source fails, all that still read fail with it', async () => {
  const source = new Source(['a', 'b'], new Error('client gone'));
  assert.deepEqual(await fanOut(source, [told, readOne, told]), [
    'told: Error: client gone',
    'only a',
    'told: Error: client gone',
  ]);
});

test('a consumer that throws makes the whole fail', async () => {
  await assert.rejects(fanOut(new Source(['a']), [failAtOnce, readAll]), /broken/);
});

test('reading on after stopping is an error, not a message with a hole', async () => {
  const twice = async (body: Bytes) => `${await readOne(body)} ${await readAll(body).catch(String)}`;
  const [said] = await fanOut(new Source(['a', 'b']), [twice, readAll]);
  assert.equal(said, 'only a OnionmxError: read on after leaving the message');
});

test('any chunks, any consumers that stop anywhere: all see the beginning up to there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ minLength: 1 })), fc.array(fc.nat(6)), async (chunks, stops) => {
      const taken = await fanOut(new Source(chunks), stops.map(take));
      const whole = chunks.map((chunk) => Buffer.from(chunk).toString());
      assert.deepEqual(
        taken,
        stops.map((count) => whole.slice(0, count)),
      );
    }),
  );
});
