import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from 'dns-packet';
import { toDnsName } from '../../src/protocol/dns-name.ts';
import { encodeDnsQuery } from '../../src/protocol/dns-query.ts';
import type { RecordType } from '../../src/protocol/dns-records.ts';
import { decodeDnsResponse } from '../../src/protocol/dns-response.ts';
import { replyTo, srv } from '../dns-replies.ts';

const name = toDnsName('example.org');
assert.ok(name !== undefined);
const owned = { owner: 'example.org', ttlSeconds: 300 };
const head = { class: 'IN', name: 'Example.ORG', ttl: 300 } as const;
const hash = Buffer.from('0011ff', 'hex');

/** Through the wire format, as a resolver sends it. */
function read<Type extends RecordType>(type: Type, answers: readonly Answer[]) {
  assert.ok(name !== undefined);
  const reply = replyTo(encodeDnsQuery({ name, type }, 7), { answers });
  return decodeDnsResponse(reply, type, 16_384).records;
}

const mx: Answer = { ...head, type: 'MX', data: { preference: 10, exchange: 'MX.Example.net' } };
const nullMx: Answer = { ...head, type: 'MX', data: { preference: 0, exchange: '.' } };
const txt: Answer = { ...head, type: 'TXT', data: ['v=STSv1;', ' id=1'] };
const bytes: Answer = { ...head, type: 'TXT', data: [Buffer.from([0xe9, 0xff])] };
const empty: Answer = { ...head, type: 'TXT', data: [''] };
const tlsa: Answer = {
  ...head,
  type: 'TLSA',
  data: { usage: 3, selector: 1, matchingType: 1, certificate: hash },
};

const rows: readonly (readonly [
  why: string,
  type: RecordType,
  answers: readonly Answer[],
  records: unknown,
])[] = [
  ['the host of an MX is lower case', 'MX', [mx], [{ ...owned, preference: 10, exchange: 'mx.example.net' }]],
  ['a null MX is a dot (RFC 7505)', 'MX', [nullMx], [{ ...owned, preference: 0, exchange: '.' }]],
  ['the strings of a TXT are joined', 'TXT', [txt], [{ ...owned, text: 'v=STSv1; id=1' }]],
  ['an octet of a TXT is a character', 'TXT', [bytes], [{ ...owned, text: '\u00e9\u00ff' }]],
  ['an empty TXT', 'TXT', [empty], [{ ...owned, text: '' }]],
  ['a TLSA', 'TLSA', [tlsa], [{ ...owned, usage: 3, selector: 1, matchingType: 1, data: hash }]],
  ['other types are left out', 'TXT', [mx, tlsa, srv('example.org', 'a.test')], []],
];

for (const [why, type, answers, records] of rows) {
  test(`records: ${why}`, () => {
    assert.deepEqual(read(type, answers), records);
  });
}

for (const answer of [mx, txt, tlsa]) {
  test(`a ${answer.type} of another class is left out`, () => {
    assert.ok(answer.type === 'MX' || answer.type === 'TXT' || answer.type === 'TLSA');
    assert.deepEqual(read(answer.type, [{ ...answer, class: 'CH' }]), []);
  });
}
