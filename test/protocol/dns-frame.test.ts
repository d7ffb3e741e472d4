import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DnsFrameDecoder, encodeDnsFrame } from '../../src/protocol/dns-frame.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';

function decodeInChunks(bytes: Buffer, size: number, maxBytes: number): Buffer[] {
  const decoder = new DnsFrameDecoder(maxBytes);
  return cutIntoChunks(bytes, size).flatMap((chunk) => decoder.push(chunk));
}

for (const size of chunkSizes) {
  test(`messages come back whole from chunks of ${size}`, () => {
    const message = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const stream = Buffer.concat(messages.map(encodeDnsFrame));
        assert.deepEqual(decodeInChunks(stream, size, 600), messages);
      }),
    );
  });

  test(`an incomplete message in chunks of ${size} is no error, and those before it are there`, () => {
    const [whole, cut] = [encodeDnsFrame(Buffer.alloc(10)), encodeDnsFrame(Buffer.alloc(300))];
    const stream = Buffer.concat([whole, cut.subarray(0, 301)]);
    assert.deepEqual(decodeInChunks(stream, size, 300), [Buffer.alloc(10)]);
  });

  test(`a length above the limit is refused as soon as it is read, in chunks of ${size}`, () => {
    assert.throws(
      () => decodeInChunks(Buffer.from([0x01, 0x2d]), size, 300),
      /says that it has 301 octets, more than the 300 allowed/,
    );
  });
}
