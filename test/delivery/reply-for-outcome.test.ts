import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closingReply, replyForOutcome } from '../../src/delivery/reply-for-outcome.ts';
import { type ErrorCode, OnionmxError } from '../../src/errors.ts';
import { replied } from './fake-sessions.ts';

for (const [code, lines, expected, why] of [
  [250, ['2.0.0 Ok: queued as 4Xy'], '250 2.0.0 Ok: queued as 4Xy', 'word for word'],
  [250, ['OK'], '250 OK', 'also without a status'],
  [550, ['5.1.1 no', '5.1.1 such user'], '550 5.1.1 no|5.1.1 such user', 'every line'],
  [452, ['4.2.2 full ü'], '452 4.2.2 full ü', 'no letter is changed'],
  [421, ['4.7.0 too many connections'], '451 4.7.0 too many connections', 'we do not close, so it is no 421'],
  [354, ['go on'], '451 4.5.0 unexpected reply of the exchanger: 354 go on', 'no last word'],
  [199, ['what', 'now'], '451 4.5.0 unexpected reply of the exchanger: 199 what now', 'no reply code'],
] as const) {
  test(`the exchanger says ${code}: ${why}`, () => {
    const [first, ...more] = lines;
    const reply = replyForOutcome(replied(code, first, ...more));
    assert.equal(`${reply.code} ${reply.lines.join('|')}`, expected);
  });
}

for (const [code, message, expected, closing] of [
  ['connection-lost', 'lost it\r\n250 Ok', '451 4.4.2 lost it 250 Ok', '421 4.4.2 lost it 250 Ok'],
  ['bug', 'oops', '451 4.3.0 oops', '421 4.3.0 oops'],
  ['message-too-big', '9 bytes', '552 5.3.4 9 bytes', '421 4.3.4 9 bytes'],
  ['message-line-ends', 'bare <LF>', '550 5.6.0 bare <LF>', '421 4.6.0 bare <LF>'],
] as const satisfies readonly (readonly [ErrorCode, string, string, string])[]) {
  test(`our failure ${code}: ${expected}, and ${closing} when it ends a connection`, () => {
    const error = new OnionmxError(code, message);
    const said = [replyForOutcome({ kind: 'failed', error }), closingReply(error)];
    assert.deepEqual(
      said.map((reply) => `${reply.code} ${reply.lines.join('|')}`),
      [expected, closing],
    );
  });
}
