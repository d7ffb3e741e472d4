import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutageBook, maxSilenceMs } from '../../../src/routing/outage/outage-book.ts';
import { makeExchanger } from '../../made-up-onions.ts';

const one = [makeExchanger(1)] as const;
const two = [makeExchanger(2)] as const;
const both = [makeExchanger(1), makeExchanger(2)] as const;

test('a count begins with the first failure and ends with an answer', () => {
  const book = createOutageBook();
  assert.equal(book.find(one, 0), undefined);
  book.noteFailure(one, 'no descriptor', 10);
  book.noteFailure(one, 'no answer', 20);
  const { sinceMs, error, state } = book.find(one, 30) ?? assert.fail();
  assert.deepEqual({ sinceMs, error, state }, { sinceMs: 10, error: 'no answer', state: 'counting' });
  assert.equal(book.noteAnswer(one)?.sinceMs, 10);
  assert.equal(book.find(one, 40), undefined);
});

test('each set counts for itself: a domain whose set changes begins anew', () => {
  const book = createOutageBook();
  book.noteFailure(one, 'no answer', 10);
  assert.equal(book.find(two, 20), undefined);
  assert.equal(book.find(both, 20), undefined);
  book.noteAnswer(both);
  assert.equal(book.find(one, 20)?.sinceMs, 10);
});

test('a failure long after the last one is a first failure again', () => {
  const book = createOutageBook();
  book.noteFailure(one, 'no answer', 0);
  book.noteFailure(one, 'no answer', maxSilenceMs - 1);
  assert.equal(book.find(one, 2 * maxSilenceMs - 2)?.sinceMs, 0);
  assert.equal(book.find(one, 2 * maxSilenceMs - 1), undefined);
  assert.equal(book.noteFailure(one, 'no answer', 2 * maxSilenceMs).sinceMs, 2 * maxSilenceMs);
});

test('when our own Tor fails, counts end and what was confirmed is suspended', () => {
  const book = createOutageBook();
  book.noteFailure(one, 'no answer', 0);
  const confirmed = book.noteFailure(two, 'no answer', 0);
  confirmed.state = 'confirmed';
  assert.deepEqual(book.suspendAll(), [confirmed]);
  assert.equal(book.find(one, 1), undefined);
  assert.equal(book.find(two, 1)?.state, 'suspended');
  assert.deepEqual(book.suspendAll(), [], 'it is told once');
});

test('what is confirmed is tried as long as somebody asks for it', () => {
  const book = createOutageBook();
  book.noteFailure(one, 'no answer', 0);
  const confirmed = book.noteFailure(two, 'no answer', 0);
  confirmed.state = 'confirmed';
  confirmed.lastAskedMs = 5;
  assert.deepEqual(book.listConfirmed(maxSilenceMs + 4), [confirmed]);
  book.noteFailure(two, 'no answer', maxSilenceMs + 4);
  assert.deepEqual(book.listConfirmed(maxSilenceMs + 5), []);
  assert.equal(book.noteAnswer(two), undefined, 'it is gone');
});
