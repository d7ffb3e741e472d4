import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type MtaStsPolicy, parseMtaStsPolicy } from '../../src/protocol/mta-sts-policy.ts';

const enforce = (...mxNames: string[]): MtaStsPolicy => ({
  mode: 'enforce',
  mxNames,
  maxAgeSeconds: 604_800,
});
const head = 'version: STSv1\nmode: enforce\nmax_age: 604800\n';

const policies: readonly [why: string, text: string, policy: MtaStsPolicy][] = [
  [
    'as RFC 8461 §3.2 shows it',
    'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\nmax_age: 604800\r\n',
    enforce('mail.example.com', '*.example.net', 'backupmx.example.com'),
  ],
  ['lines end with LF', `${head}mx: mx.b.test\n`, enforce('mx.b.test')],
  ['the last line does not end', `${head}mx: mx.b.test`, enforce('mx.b.test')],
  [
    'blanks, or none',
    'version:STSv1  \nmode:\tenforce\nmax_age:  604800 \nmx:mx.b.test',
    enforce('mx.b.test'),
  ],
  ['lines without anything', `${head}\n\nmx: mx.b.test\n \n`, enforce('mx.b.test')],
  ['letters of any case', `${head}mx: *.MX.b.TEST\n`, enforce('*.mx.b.test')],
  ['one name twice', `${head}mx: mx.b.test\nmx: mx.b.test\n`, enforce('mx.b.test')],
  ['fields of the future', `${head}mx: mx.b.test\nx-y.z_1: ä: b\n`, enforce('mx.b.test')],
  [
    'the first of two holds',
    `${head}mx: mx.b.test\nmode: none\nmax_age: 1\nversion: STSv2\n`,
    enforce('mx.b.test'),
  ],
  [
    'it is being tried out',
    'version: STSv1\nmode: testing\nmx: mx.b.test\nmax_age: 86400\n',
    { mode: 'testing', mxNames: ['mx.b.test'], maxAgeSeconds: 86_400 },
  ],
  [
    'it is taken back',
    'version: STSv1\nmode: none\nmax_age: 0\n',
    { mode: 'none', mxNames: [], maxAgeSeconds: 0 },
  ],
  [
    'a year at most',
    'version: STSv1\nmode: none\nmax_age: 9999999999\n',
    { mode: 'none', mxNames: [], maxAgeSeconds: 31_557_600 },
  ],
];
for (const [why, text, policy] of policies)
  test(`a policy: ${why}`, () => assert.deepEqual(parseMtaStsPolicy(Buffer.from(text)), policy));

const others: readonly [text: string, said: string][] = [
  ['', 'it does not say "version: STSv1"'],
  ['<!doctype html>\n<html>', 'what is "<!doctype html>"?'],
  ['version: STSv2\n', 'it does not say "version: STSv1"'],
  ['version: STSv1\n', 'it has no mode'],
  ['version: STSv1\nmode: Enforce\n', 'what is the mode "Enforce"?'],
  ['version: STSv1\nmode: enforce\nmax_age: 1\n', 'it names no mx'],
  ['version: STSv1\nmode: enforce\nmx: *\nmax_age: 1\n', 'what is the mx "*"?'],
  ['version: STSv1\nmode: enforce\nmx: a.*.test\nmax_age: 1\n', 'what is the mx "a.*.test"?'],
  ['version: STSv1\nmode: enforce\nmx: 192.0.2.1\nmax_age: 1\n', 'what is the mx "192.0.2.1"?'],
  ['version: STSv1\nmode: enforce\nmx: mx.test\n', 'it has no max_age'],
  ['version: STSv1\nmode: none\nmax_age: -1\n', 'what is the max_age "-1"?'],
  ['version: STSv1\nmode: none\nmax_age: 12345678901\n', 'what is the max_age "12345678901"?'],
];
for (const [text, said] of others) {
  test(`no policy: ${JSON.stringify(text)}`, () => {
    const message = `it is no MTA-STS policy: ${said}`;
    assert.throws(() => parseMtaStsPolicy(Buffer.from(text)), { code: 'download-failed', message });
  });
}

test('any bytes are a policy or a failure', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseMtaStsPolicy(Buffer.from(`${head}${text}`));
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error && error.code === 'download-failed');
      }
    }),
  );
});
