import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DnsFrameDecoder, encodeDnsFrame } from '../../src/protocol/dns-frame.ts';
import { chunkSizes, cutIntoChunks } from '../chunks.ts';

function decodeInChunks(bytes: Buffer, size: number, maxBytes: number): Buffer | undefined {
  const decoder = new DnsFrameDecoder(maxBytes);
  for (const chunk of cutIntoChunks(bytes, size)) {
    const message = decoder.push(chunk);
    if (message !== undefined) return message;
  }
  return undefined;
}

for (const size of chunkSizes) {
  test(`a message comes back whole from chunks of ${size}, and what follows it is left alone`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ maxLength: 20 }), (message, rest) => {
        const stream = Buffer.concat([encodeDnsFrame(Buffer.from(message)), rest]);
        assert.deepEqual(decodeInChunks(stream, size, 600), Buffer.from(message));
      }),
    );
  });

  test(`an incomplete message in chunks of ${size} is no error`, () => {
    assert.equal(decodeInChunks(encodeDnsFrame(Buffer.alloc(300)).subarray(0, 301), size, 300), undefined);
  });

  test(`a length above the limit is refused as soon as it is read, in chunks of ${size}`, () => {
    assert.throws(
      () => decodeInChunks(Buffer.from([0x01, 0x2d]), size, 300),
      /says that it has 301 octets, more than the 300 allowed/,
    );
  });
}
