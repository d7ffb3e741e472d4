/** The catalogue, docs/errors.md and the places where codes are used say the same. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodeFor } from '../src/commands/exit-code.ts';
import { type ErrorCode, errorCatalogue, OnionmxError, toOnionmxError } from '../src/errors.ts';

const page = readFileSync('docs/errors.md', 'utf8');

/** `### code`, a blank line, and a line that begins with `place, temporary, 4.3.0. `. */
const documented = Array.from(
  page.matchAll(/^### (.+)\n\n(.*)/gm),
  ([, code = '', line = '']) => `${code}: ${/^\w+, (?:temporary|permanent), \d\.\d\.\d+\. /.exec(line)?.[0]}`,
);

const errors = Object.keys(errorCatalogue)
  .filter(isErrorCode)
  .map((code) => new OnionmxError(code, 'a text'));

function isErrorCode(text: string): text is ErrorCode {
  return text in errorCatalogue;
}

test('docs/errors.md has each code of the catalogue once, in its order, and no other', () => {
  const catalogued = errors.map(
    ({ code, place, permanent, status }) =>
      `${code}: ${place}, ${permanent ? 'permanent' : 'temporary'}, ${status}. `,
  );
  assert.deepEqual(documented, catalogued);
});

test('docs/errors.md has the exit code of each place', () => {
  for (const error of errors) {
    const row = page.split('\n').find((line) => line.trim().startsWith(`| ${error.place} `)) ?? '';
    assert.match(row, new RegExp(`\\b${exitCodeFor(error)}\\b`), error.code);
  }
});

test('a status and whether it is permanent agree', () => {
  for (const { code, permanent, status } of errors) assert.equal(status[0], permanent ? '5' : '4', code);
});

test('no fault of ours or of this host makes mail bounce', () => {
  const bouncing = errors.filter(({ permanent }) => permanent).map(({ place }) => place);
  assert.deepEqual(new Set(bouncing), new Set(['sender', 'remote']));
});

test('every code of the catalogue is used', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  const sources = files
    .filter((file) => file.endsWith('.ts') && file !== 'errors.ts')
    .map((file) => readFileSync(join('src', file), 'utf8'))
    .join('\n');
  assert.deepEqual(
    errors.map(({ code }) => code).filter((code) => !sources.includes(`'${code}'`)),
    [],
  );
});

test('an error has the place, the permanence and the status of its code', () => {
  const cause = new Error('the cause');
  const error = new OnionmxError('message-too-big', 'it is too big', { hint: 'send less', cause });
  const { code, place, permanent, status, message, hint } = error;
  assert.deepEqual(
    { code, place, permanent, status, message, hint, cause: error.cause },
    {
      code: 'message-too-big',
      place: 'sender',
      permanent: true,
      status: '5.3.4',
      message: 'it is too big',
      hint: 'send less',
      cause,
    },
  );
});

test('without a hint and a cause there are none', () => {
  const error = new OnionmxError('tor-failed', 'tor failed');
  assert.equal(error.hint, undefined);
  assert.equal('cause' in error, false);
});

test('what is an OnionmxError stays the same', () => {
  const error = new OnionmxError('tor-failed', 'tor failed');
  assert.equal(toOnionmxError(error), error);
});

const foreign: readonly [why: string, thrown: unknown, message: string][] = [
  ['an error', new RangeError('out of range'), 'unexpected failure: out of range'],
  ['a text', 'oops', 'unexpected failure: oops'],
  ['nothing', undefined, 'unexpected failure: undefined'],
  ['an object that is like ours', { code: 'tor-failed' }, 'unexpected failure: [object Object]'],
];

for (const [why, thrown, message] of foreign) {
  test(`what nobody foresaw is a bug, and temporary: ${why}`, () => {
    const error = toOnionmxError(thrown);
    assert.equal(error.code, 'bug');
    assert.equal(error.permanent, false);
    assert.equal(error.message, message);
    assert.match(error.hint ?? '', /report/);
    assert.equal(error.cause, thrown);
  });
}
