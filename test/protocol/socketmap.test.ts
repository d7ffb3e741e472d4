import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  encodeSocketmapReply,
  encodeSocketmapRequest,
  parseSocketmapReply,
  parseSocketmapRequest,
} from '../../src/protocol/socketmap.ts';

const requests = [
  { payload: 'onionmx bob@b.test', mapName: 'onionmx', key: 'bob@b.test', reason: 'the plain case' },
  {
    payload: 'onionmx "a b"@b.test',
    mapName: 'onionmx',
    key: '"a b"@b.test',
    reason: 'a key may hold spaces',
  },
  { payload: 'onionmx ', mapName: 'onionmx', key: '', reason: 'the empty key' },
  { payload: ' *', mapName: '', key: '*', reason: 'an empty name is a name' },
  { payload: 'm jürgen@b.test', mapName: 'm', key: 'jürgen@b.test', reason: 'UTF-8, as SMTPUTF8 brings it' },
  { payload: 'm a  b', mapName: 'm', key: 'a  b', reason: 'only the first space separates' },
];

test('requests are a map name, a space and a key', () => {
  for (const { payload, mapName, key, reason } of requests) {
    assert.deepEqual(parseSocketmapRequest(Buffer.from(payload)), { mapName, key }, reason);
  }
});

test('a request without a space is malformed', () => {
  assert.throws(() => parseSocketmapRequest(Buffer.from('onionmx\tbob')), {
    code: 'lookup-request-malformed',
    message: 'a socketmap request is "<map name> <key>", this is "onionmx\\tbob"',
  });
});

test('bytes that are no UTF-8 are no reason to fail', () => {
  assert.deepEqual(parseSocketmapRequest(Buffer.from([0x6d, 0x20, 0xff])), { mapName: 'm', key: '\ufffd' });
});

const replies = [
  { status: 'OK', text: 'onion:unix:onionmx/x', bytes: '23:OK onion:unix:onionmx/x,' },
  { status: 'NOTFOUND', text: '', bytes: '9:NOTFOUND ,' }, // the space belongs to it, socketmap_table(5)
  { status: 'TEMP', text: 'no disk', bytes: '12:TEMP no disk,' },
  { status: 'TIMEOUT', text: 'slow', bytes: '12:TIMEOUT slow,' },
  { status: 'PERM', text: 'é', bytes: '7:PERM é,' }, // the length counts bytes
] as const;

test('replies are netstrings of a status, a space and a text', () => {
  for (const { status, text, bytes } of replies) {
    assert.equal(encodeSocketmapReply(status, text).toString(), bytes);
  }
});

test('a request of ours is framed', () => {
  const bytes = encodeSocketmapRequest({ mapName: 'QUERY', key: 'b.test' }).toString();
  assert.equal(bytes, '12:QUERY b.test,');
});

test('replies are read back', () => {
  for (const { status, text } of replies)
    assert.deepEqual(parseSocketmapReply(Buffer.from(`${status} ${text}`)), { status, text });
  assert.deepEqual(parseSocketmapReply(Buffer.from('NOTFOUND')), { status: 'NOTFOUND', text: '' });
});

test('a reply of another kind is malformed', () => {
  for (const payload of ['', ' OK', 'ok x', '500 no', 'OKAY x']) {
    assert.throws(() => parseSocketmapReply(Buffer.from(payload)), {
      code: 'lookup-request-malformed',
      message: `a socketmap reply is "<status> <text>", this is ${JSON.stringify(payload)}`,
    });
  }
});

test('a reply at the limit goes out whole; above it Postfix is told to try again', () => {
  const fits = 'x'.repeat(100_000 - 'OK '.length);
  assert.equal(encodeSocketmapReply('OK', fits).toString(), `100000:OK ${fits},`);
  const complaint = 'TEMP the answer is longer than 100000 bytes';
  assert.equal(encodeSocketmapReply('OK', `${fits}x`).toString(), `${complaint.length}:${complaint},`);
});

test('any name without a space and any key come back', () => {
  const name = fc.string().filter((text) => !text.includes(' '));
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(name, text, (mapName, key) => {
      assert.deepEqual(parseSocketmapRequest(Buffer.from(`${mapName} ${key}`)), { mapName, key });
    }),
  );
});
