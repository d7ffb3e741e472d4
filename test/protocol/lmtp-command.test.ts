import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseLmtpCommand } from '../../src/protocol/lmtp-command.ts';

const parse = (line: string) => parseLmtpCommand(Buffer.from(line));

for (const [line, verb, path, parameters, why] of [
  ['MAIL FROM:<a@a.test>', 'MAIL', 'a@a.test', [], 'the plain form'],
  ['mail from:<a@a.test>', 'MAIL', 'a@a.test', [], 'verbs in any case'],
  ['MAIL FROM: <a@a.test>', 'MAIL', 'a@a.test', [], 'a space after the colon is tolerated'],
  ['MAIL FROM:<>', 'MAIL', '', [], 'the null sender of bounces'],
  [
    'MAIL FROM:<a@a.test> SIZE=10 BODY=8BITMIME SMTPUTF8',
    'MAIL',
    'a@a.test',
    ['SIZE=10', 'BODY=8BITMIME', 'SMTPUTF8'],
    'parameters in order',
  ],
  [
    'MAIL FROM:<a@a.test>  RET=HDRS  ENVID=QQ+2B1  ',
    'MAIL',
    'a@a.test',
    ['RET=HDRS', 'ENVID=QQ+2B1'],
    'spaces between and after',
  ],
  ['RCPT TO:<Bob.B@B.Test>', 'RCPT', 'Bob.B@B.Test', [], 'the case of an address is kept'],
  ['RCPT TO:<"a > b"@b.test>', 'RCPT', '"a > b"@b.test', [], 'a > inside quotes ends nothing'],
  [
    'RCPT TO:<"a\\"> x"@b.test> NOTIFY=NEVER',
    'RCPT',
    '"a\\"> x"@b.test',
    ['NOTIFY=NEVER'],
    'an escaped quote',
  ],
  ['RCPT TO:<bücher@bücher.test>', 'RCPT', 'bücher@bücher.test', [], 'UTF-8 (RFC 6531)'],
  ['RCPT TO:<@relay.test:bob@b.test>', 'RCPT', '@relay.test:bob@b.test', [], 'a source route is kept'],
  ['RCPT TO:<bob@[192.0.2.1]>', 'RCPT', 'bob@[192.0.2.1]', [], 'an address literal'],
  ['RCPT TO:<postmaster>', 'RCPT', 'postmaster', [], 'no domain: not for the grammar to judge'],
  [
    'RCPT TO:<b@b.test> ORCPT=utf-8;büb@b.test NOTIFY=SUCCESS,DELAY',
    'RCPT',
    'b@b.test',
    ['ORCPT=utf-8;büb@b.test', 'NOTIFY=SUCCESS,DELAY'],
    'DSN (RFC 3461, 6533)',
  ],
] as const) {
  test(`${line}: ${why}`, () => {
    assert.deepEqual(parse(line), { verb, argument: { path, parameters: [...parameters] } });
  });
}

for (const [line, verb] of [
  ['LHLO host.test', 'LHLO'],
  ['lhlo [192.0.2.1]', 'LHLO'],
  ['DATA', 'DATA'],
  ['data ', 'DATA'],
  ['RSET', 'RSET'],
  ['NOOP', 'NOOP'],
  ['NOOP whatever <', 'NOOP'],
  ['VRFY bob', 'VRFY'],
  ['HELP', 'HELP'],
  ['QUIT', 'QUIT'],
] as const) {
  test(`${line} is ${verb}`, () => assert.deepEqual(parse(line), { verb }));
}

for (const [line, reply, why] of [
  ['', '500 5.5.1', 'empty'],
  [' QUIT', '500 5.5.1', 'a space first'],
  ['FROB', '500 5.5.1', 'unknown'],
  ['STARTTLS', '500 5.5.1', 'not offered'],
  ['BDAT 5 LAST', '500 5.5.1', 'not offered'],
  ['MAILFROM:<a@a.test>', '500 5.5.1', 'no space after the verb'],
  ['EHLO host.test', '500 5.5.1', 'an SMTP client is told that this is LMTP'],
  ['HELO host.test', '500 5.5.1', 'the same'],
  ['LHLO', '501 5.5.4', 'no name'],
  ['DATA now', '501 5.5.4', 'an argument too many'],
  ['RSET x', '501 5.5.4', 'an argument too many'],
  ['QUIT x', '501 5.5.4', 'an argument too many'],
  ['MAIL', '501 5.1.7', 'no argument'],
  ['MAIL TO:<a@a.test>', '501 5.1.7', 'wrong word'],
  ['MAIL FROM:a@a.test', '501 5.1.7', 'no angle brackets'],
  ['MAIL FROM:<a@a.test', '501 5.1.7', 'not closed'],
  ['MAIL FROM:<"a@a.test>', '501 5.1.7', 'a quote that is not closed'],
  ['MAIL FROM:<a b@a.test>', '501 5.1.7', 'a space outside quotes'],
  ['MAIL FROM:<<a@a.test>>', '501 5.1.7', 'doubled brackets'],
  ['MAIL FROM:<a@a.test>SIZE=1', '501 5.1.7', 'no space before the parameters'],
  ['MAIL FROM:<a@a.test> SIZE=', '501 5.5.4', 'a parameter without its value'],
  ['MAIL FROM:<a@a.test> =1', '501 5.5.4', 'a parameter without its name'],
  ['MAIL FROM:<a@a.test> A=B=C', '501 5.5.4', 'an equals sign in a value must be xtext'],
  ['RCPT TO:<>', '501 5.1.3', 'nobody'],
  ['RCPT FROM:<a@a.test>', '501 5.1.3', 'wrong word'],
  ['RCPT TO:<a@b.test\r\r>', '501 5.5.2', 'a bare CR must not reach the exchanger'],
  ['RCPT TO:<a@b.test>\u0000', '501 5.5.2', 'NUL'],
  ['RCPT TO:<a@b.test\u0085>', '501 5.5.2', 'a C1 control character'],
] as const) {
  test(`${JSON.stringify(line)} is refused: ${why}`, () => {
    const command = parse(line);
    assert.ok(command.verb === 'refused');
    assert.equal(`${command.reply.code} ${command.reply.lines[0].slice(0, 5)}`, reply);
  });
}

test('EHLO is told what to say instead', () => {
  assert.deepEqual(parse('EHLO x'), {
    verb: 'refused',
    reply: { code: 500, lines: ['5.5.1 this is LMTP, say LHLO'] },
  });
});

test('bytes that are no UTF-8 are refused, not changed', () => {
  const command = parseLmtpCommand(Buffer.from('RCPT TO:<b\xfccher@b.test>', 'latin1'));
  assert.ok(command.verb === 'refused' && command.reply.code === 501);
});

test('any address and parameters come out as they were written', () => {
  const local = fc.oneof(
    fc.stringMatching(/^[a-zA-Z0-9.+=_-]{1,20}$/),
    fc.stringMatching(/^"(?:[ -!#-[\]-~]|\\[ -~]){0,20}"$/),
  );
  const parameter = fc.stringMatching(/^[A-Z][A-Z0-9-]{0,5}(=[!-<>-~]{1,9})?$/);
  fc.assert(
    fc.property(local, fc.domain(), fc.array(parameter, { maxLength: 4 }), (name, domain, parameters) => {
      const path = `${name}@${domain}`;
      const command = parse(['RCPT TO:', `<${path}>`, ...parameters.map((text) => ` ${text}`)].join(''));
      assert.deepEqual(command, { verb: 'RCPT', argument: { path, parameters } });
    }),
  );
});

test('any bytes at all give a command or a refusal', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('MAIL FROM:', 'RCPT TO:', ''),
      fc.uint8Array({ maxLength: 200 }),
      (start, bytes) => {
        const command = parseLmtpCommand(Buffer.concat([Buffer.from(start), bytes]));
        if (command.verb === 'refused')
          assert.match(`${command.reply.code} ${command.reply.lines[0]}`, /^50[01] 5\.\d\.\d /);
      },
    ),
  );
});
