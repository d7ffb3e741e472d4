import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { KeptDnsLink } from '../../src/net/dns-kept-link.ts';
import { type DnsLink, lostBeforeAnswer, tooLate } from '../../src/net/dns-link.ts';
import { question } from './dns-questions.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface FakeLink extends DnsLink {
  isUsable: boolean;
  readonly closed: Promise<unknown>;
}

/** Answers each question with the name of the link; `answer` may say otherwise. */
function makeLink(name: string, answer: () => Promise<Buffer> = async () => Buffer.from(name)): FakeLink {
  const ended = new EventEmitter();
  const closed = once(ended, 'close');
  return { ask: answer, isUsable: true, waitingCount: 0, close: () => void ended.emit('close'), closed };
}

/** `open` gives these links, one after the other, and notes the generations that it was told. */
function setUp(links: readonly (DnsLink | Error)[], idleMs = hourMs) {
  const world = { nowMs: 0 };
  const generations: number[] = [];
  const kept = new KeptDnsLink({
    peer: 'dns.example',
    idleMs,
    now: () => world.nowMs,
    open: async (generation) => {
      const link = links[generations.push(generation) - 1];
      if (link instanceof Error || link === undefined) throw link ?? new Error('no more links');
      return link;
    },
  });
  const ask = async () => (await kept.ask(question(), hourMs)).toString();
  return { ask, world, generations };
}

test('questions share a link, also while it is being opened', async () => {
  const { ask, generations } = setUp([makeLink('a')]);
  assert.deepEqual(await Promise.all([ask(), ask()]), ['a', 'a']);
  assert.equal(await ask(), 'a');
  assert.deepEqual(generations, [0]);
});

test('a link that nobody uses is closed, and the next question opens one of the same generation', async (t) => {
  // the timer of an idle link keeps no process alive, so the test has to
  const alive = setInterval(() => {}, hourMs);
  t.after(() => clearInterval(alive));
  const link = makeLink('a');
  const { ask, generations } = setUp([link, makeLink('b')], 1);
  await ask();
  await link.closed;
  assert.equal(await ask(), 'b');
  assert.deepEqual(generations, [0, 0]);
});

test('after ten minutes a link gives way to another', async () => {
  const link = makeLink('a');
  const { ask, world } = setUp([link, makeLink('b')]);
  await ask();
  world.nowMs = 600_000;
  assert.equal(await ask(), 'a');
  world.nowMs = 600_001;
  assert.equal(await ask(), 'b');
  await link.closed;
});

test('a link that is lost is opened anew, of another generation', async () => {
  const link = makeLink('a');
  const { ask, generations } = setUp([link, makeLink('b')]);
  await ask();
  link.isUsable = false;
  assert.equal(await ask(), 'b');
  await link.closed;
  assert.deepEqual(generations, [0, 1]);
});

test('a question that loses its link is asked once more, on a new one', async () => {
  let count = 0;
  const link: FakeLink = makeLink('a', async () => {
    if (++count === 1) return Buffer.from('a');
    link.isUsable = false;
    throw lostBeforeAnswer('dns.example');
  });
  const { ask } = setUp([link, makeLink('b')]);
  assert.deepEqual([await ask(), await ask()], ['a', 'b']);
});

test('what else fails is not asked again', async () => {
  let count = 0;
  const link = makeLink('a', async () => {
    if (++count === 1) return Buffer.from('a');
    throw tooLate('dns.example', 1);
  });
  const { ask, generations } = setUp([link, makeLink('b')]);
  await ask();
  await assert.rejects(ask(), { code: 'connection-timeout' });
  assert.deepEqual([count, generations.length], [2, 1]);
});

test('after a link that cannot be opened the next question opens another', async () => {
  const { ask, generations } = setUp([new Error('no way'), makeLink('b')]);
  await assert.rejects(ask(), /no way/);
  assert.equal(await ask(), 'b');
  assert.deepEqual(generations, [0, 1]);
});

test('an opening that hangs costs one wait: who comes later is told at once, until it is open', async () => {
  const world = { nowMs: 0 };
  const opening = new EventEmitter<{ open: [DnsLink] }>();
  const kept = new KeptDnsLink({
    peer: 'dns.example',
    idleMs: hourMs,
    now: () => world.nowMs,
    open: async () => {
      const [opened] = await once(opening, 'open');
      return opened;
    },
  });
  const late = { code: 'connection-timeout', message: /dns\.example did not answer within/ };
  await assert.rejects(kept.ask(question(), 1), late);
  world.nowMs = minuteMs;
  // without that rule this one would wait for a minute
  await assert.rejects(kept.ask(question(), minuteMs), late);
  opening.emit('open', makeLink('a'));
  assert.equal((await kept.ask(question(), minuteMs)).toString(), 'a');
});
