import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from 'dns-packet';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import { type DnsName, toDnsName } from '../../src/protocol/dns-name.ts';
import { encodeDnsQuery, isResponseTo, isTruncated } from '../../src/protocol/dns-query.ts';
import { replyTo } from '../dns-replies.ts';

function dnsName(text: string): DnsName {
  const name = toDnsName(text);
  assert.ok(name !== undefined);
  return name;
}

const name = dnsName('_onion-mx._tcp.example.org');
const query = encodeDnsQuery({ name, type: 'SRV' }, 0xbeef);

test('the query asks for SRV with RD, AD and EDNS, and nothing else', () => {
  const packet = decode(query);
  assert.deepEqual(
    [packet.id, packet.flag_rd, packet.flag_ad, packet.flag_cd, packet.flag_qr],
    [0xbeef, true, true, false, false],
  );
  assert.deepEqual(packet.questions, [{ name, type: 'SRV', class: 'IN' }]);
  const [edns] = packet.additionals ?? [];
  assert.ok(edns?.type === 'OPT');
  assert.deepEqual([edns.udpPayloadSize, edns.ednsVersion, edns.flag_do], [1232, 0, false]);
});

for (const text of ['onion', 'example.onion', '_onion-mx._tcp.example.onion', 'EXAMPLE.ONION']) {
  test(`no query can be made for ${text}`, () => {
    assert.throws(
      () => encodeDnsQuery({ name: dnsName(text), type: 'SRV' }, 1),
      (error) => error instanceof OnionmxError && error.code === 'bug' && /asked of DNS/.test(error.message),
    );
  });
}

function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(replyTo(query));
  change(bytes);
  return bytes;
}

const otherQuestion = replyTo(
  encodeDnsQuery({ name: dnsName('_onion-mx._tcp.example.net'), type: 'SRV' }, 0xbeef),
);
const nameStart = 13;
const typeOffset = query.indexOf(0, 12) + 1;

const rows: readonly (readonly [why: string, bytes: Buffer, isAnswer: boolean])[] = [
  ['an answer', replyTo(query), true],
  ['an answer with the name in other case', changed((bytes) => bytes.write('_ONION-mx', nameStart)), true],
  ['the query itself (QR is 0)', query, false],
  ['another id', changed((bytes) => bytes.writeUInt16BE(0xbeee, 0)), false],
  ['another opcode', changed((bytes) => bytes.writeUInt8(bytes.readUInt8(2) | 0x28, 2)), false],
  ['no question', changed((bytes) => bytes.writeUInt16BE(0, 4)), false],
  ['two questions', changed((bytes) => bytes.writeUInt16BE(2, 4)), false],
  ['another name', otherQuestion, false],
  ['another type', changed((bytes) => bytes.writeUInt16BE(1, typeOffset)), false],
  ['another class', changed((bytes) => bytes.writeUInt16BE(3, typeOffset + 2)), false],
  ['cut in the question', replyTo(query).subarray(0, typeOffset + 3), false],
  ['cut in the header', replyTo(query).subarray(0, 11), false],
  ['nothing', Buffer.alloc(0), false],
];

for (const [why, bytes, isAnswer] of rows) {
  test(`isResponseTo: ${why} ${isAnswer ? 'is taken' : 'is not'}`, () => {
    assert.equal(isResponseTo(query, bytes), isAnswer);
  });
}

test('isResponseTo: the dots of a name are not taken for letters inside a label', () => {
  const joined = changed((bytes) => bytes.writeUInt8('.'.charCodeAt(0), nameStart + '_onion-mx'.length));
  assert.equal(isResponseTo(query, joined), false);
});

test('isTruncated reads the TC bit', () => {
  assert.equal(isTruncated(replyTo(query, { flags: ['TC'] })), true);
  assert.equal(isTruncated(replyTo(query)), false);
});

test('isResponseTo takes any bytes without failing, and a wrong id never', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const answer = Buffer.from(bytes);
      const isAnswer = isResponseTo(query, answer);
      assert.equal(isAnswer && answer.readUInt16BE(0) !== 0xbeef, false);
    }),
  );
});

test('a padded query has a multiple of 128 octets (RFC 8467), whatever its name, and asks the same', () => {
  for (let length = 1; length <= 240; length++) {
    const labels = 'a'.repeat(length).replace(/(.{40})(?=.)/g, '$1.');
    const question = { name: dnsName(labels), type: 'TXT' } as const;
    const [plain, padded] = [encodeDnsQuery(question, 7), encodeDnsQuery(question, 7, true)];
    assert.equal(padded.length % 128, 0);
    assert.ok(padded.length - plain.length < 4 + 128);
    assert.deepEqual(decode(padded).questions, decode(plain).questions);
  }
});

test('a query that is not padded carries no option', () => {
  const [edns] = decode(query).additionals ?? [];
  assert.ok(edns?.type === 'OPT');
  assert.deepEqual(edns.options, []);
});
