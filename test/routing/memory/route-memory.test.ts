import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { formatEntry } from '../../../src/routing/memory/memory-entry.ts';
import { forgetDomain, pinDomain } from '../../../src/routing/memory/memory-changes.ts';
import { readRouteMemory } from '../../../src/routing/memory/route-memory.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { keepMs, makeEntry, makeMemory, remember, startMs } from './made-up-memory.ts';

const [one, other] = [parseDomainName('one.test'), parseDomainName('other.test')];
const doubt = { says: [makeExchanger(5)], sinceMs: startMs, notedMs: startMs + 1000 } as const;

test('what was remembered is there after a restart; what was forgotten is not', async (t) => {
  const { open, folder, log } = makeMemory(t);
  const memory = await open();
  const entry = makeEntry(1, {
    exchangers: [makeExchanger(1), makeExchanger(2, { priority: 10 })],
    shown: { evidence: 'proved', untilMs: startMs + 5000 },
    check: { atMs: startMs + 1000, found: ['by HTTPS: one proof', 'by DNS: nothing'] },
    policy: 'mta-sts',
    doubt,
  });
  await remember(memory, 'one.test', entry);
  await remember(memory, 'other.test', makeEntry(3, { doubt: { ...doubt, says: 'nxdomain' } }));
  await remember(memory, 'gone.test', makeEntry(4));
  await remember(memory, 'gone.test', undefined);
  await memory.flush();
  const again = await open();
  assert.deepEqual(await again.find(one), entry);
  assert.equal((await again.find(other))?.doubt?.says, 'nxdomain');
  assert.equal(await again.find(parseDomainName('gone.test')), undefined);
  assert.deepEqual(readdirSync(folder).sort(), ['one.test.json', 'other.test.json']);
  assert.equal(statSync(join(folder, 'one.test.json')).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual(log.lines, []);
});

test('the file is one that a person can read', async (t) => {
  const { open, folder } = makeMemory(t);
  const memory = await open();
  const check = { atMs: startMs + 2000, found: ['by HTTPS: one proof'] };
  const shown = { evidence: 'proved', untilMs: startMs + 5000 } as const;
  await remember(memory, 'one.test', makeEntry(1, { doubt, check, shown, policy: 'none' }));
  await memory.flush();
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'one.test.json'), 'utf8')), {
    domain: 'one.test',
    exchangers: [makeExchanger(1)],
    firstSeen: '2026-01-01T00:00:00.000Z',
    lastSeen: '2026-01-01T00:00:00.000Z',
    shown: { evidence: 'proved', until: '2026-01-01T00:00:05.000Z' },
    pinned: false,
    doubt: {
      says: [makeExchanger(5)],
      since: '2026-01-01T00:00:00.000Z',
      noted: '2026-01-01T00:00:01.000Z',
    },
    check: { at: '2026-01-01T00:00:02.000Z', found: ['by HTTPS: one proof'] },
    policy: 'none',
  });
});

test('the longest name that can have an SRV record has a file', async (t) => {
  const { open } = makeMemory(t);
  const label = 'a'.repeat(59);
  const longest = [label, label, label, label.slice(1)].join('.'); // 238 characters
  const memory = await open();
  await remember(memory, longest, makeEntry(1));
  await memory.flush();
  assert.deepEqual(await (await open()).find(parseDomainName(longest)), makeEntry(1));
  assert.equal(await memory.find(parseDomainName(`${label.slice(0, 14)}.${longest}`)), undefined);
});

test('revisions of one domain come one after the other, each on what the one before has left', async (t) => {
  const { open } = makeMemory(t);
  const memory = await open();
  const seen: number[] = [];
  const revisions = Array.from({ length: 50 }, () =>
    memory.revise(one, (entry) => {
      const count = entry === undefined ? 0 : entry.lastSeenMs - startMs;
      seen.push(count);
      return { entry: makeEntry(1, { lastSeenMs: startMs + count + 1 }), result: count };
    }),
  );
  assert.deepEqual(
    await Promise.all(revisions),
    Array.from({ length: 50 }, (_, index) => index),
  );
  await memory.flush();
  assert.equal((await (await open()).find(one))?.lastSeenMs, startMs + 50);
});

test('an entry that stays the same is not written', async (t) => {
  const { open, folder } = makeMemory(t);
  const memory = await open();
  await remember(memory, 'one.test', makeEntry(1));
  await memory.flush();
  const before = statSync(join(folder, 'one.test.json'), { bigint: true });
  await memory.revise(one, (entry) => ({ entry, result: undefined }));
  await memory.flush();
  assert.equal(statSync(join(folder, 'one.test.json'), { bigint: true }).ino, before.ino);
});

test('who asks is told when a revision fails, and the next one works', async (t) => {
  const { open } = makeMemory(t);
  const memory = await open();
  const failing = memory.revise(one, () => {
    throw new Error('oops');
  });
  await assert.rejects(failing, /oops/);
  await remember(memory, 'one.test', makeEntry(1));
  await memory.flush();
  assert.deepEqual(await memory.find(one), makeEntry(1));
});

// files that are broken

const whole = formatEntry(one, makeEntry(1));
for (const [why, content] of [
  ['is cut off', whole.slice(0, 100)],
  ['is empty, as after a power failure', ''],
  ['is garbage', '\0\0\0'],
  [
    'has an onion address with a wrong checksum',
    whole.replace(/[a-z2-7]{55}d\.onion/, `${'a'.repeat(55)}d.onion`),
  ],
  ['has no exchangers', whole.replace(/"exchangers": \[[^\]]*\]/, '"exchangers": []')],
  ['has a port out of range', whole.replace('"port": 25', '"port": 65536')],
  ['has a time that is none', whole.replace('"2026-01-01T00:00:00.000Z"', '"yesterday"')],
  ['is about another domain', whole.replace('one.test', 'other.test')],
  [
    'claims what nobody can show',
    whole.replace(
      '"pinned"',
      '"shown": {"evidence": "pinned", "until": "2030-01-01T00:00:00.000Z"}, "pinned"',
    ),
  ],
  ['has a TLS policy that is none', whole.replace('"pinned"', '"policy": "secure", "pinned"')],
] as const) {
  test(`a file that ${why} is kept aside with one warning, and the start goes on`, async (t) => {
    const { open, folder, log } = makeMemory(t);
    mkdirSync(folder);
    writeFileSync(join(folder, 'one.test.json'), content);
    writeFileSync(join(folder, 'other.test.json'), formatEntry(other, makeEntry(2)));
    const memory = await open();
    await memory.flush();
    assert.equal(await memory.find(one), undefined);
    assert.deepEqual(await memory.find(other), makeEntry(2));
    assert.equal(readFileSync(join(folder, 'one.test.json.broken'), 'utf8'), content);
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields['keptAs']]),
      [['warn', join(folder, 'one.test.json.broken')]],
    );
    await remember(memory, 'one.test', makeEntry(3));
    await memory.flush();
    assert.deepEqual(await (await open()).find(one), makeEntry(3));
  });
}

test('keys that a newer onionmx has added are no fault', async (t) => {
  const { open, folder } = makeMemory(t);
  mkdirSync(folder);
  writeFileSync(join(folder, 'one.test.json'), JSON.stringify({ ...JSON.parse(whole), later: 1 }));
  assert.deepEqual(await (await open()).find(one), makeEntry(1));
});

test('who may not change the memory leaves a broken file', async (t) => {
  const { folder } = makeMemory(t);
  mkdirSync(folder);
  writeFileSync(join(folder, 'one.test.json'), '{');
  const log = createRecordingLog();
  const memory = readRouteMemory(folder, log);
  assert.equal(await memory.find(one), undefined);
  assert.deepEqual(readdirSync(folder), ['one.test.json']);
  assert.equal(log.lines[0]?.level, 'warn');
});

test('a file that cannot be read is not "nothing is known"', async (t) => {
  const { open, folder } = makeMemory(t);
  const memory = await open();
  mkdirSync(join(folder, 'one.test.json'));
  const error = { code: 'state-folder', message: /EISDIR/ };
  await assert.rejects(memory.find(one), error);
  await assert.rejects(remember(memory, 'one.test', makeEntry(1)), error);
});

// a disk that takes no write

test('a disk that takes no write is one error in the log; the memory goes on, and is written later', async (t) => {
  const { open, folder, log } = makeMemory(t);
  const memory = await open();
  await memory.flush();
  // a link that leads nowhere in the place of the folder: nothing is there and nothing can be made, also by root
  rmSync(folder, { recursive: true });
  symlinkSync('/nonexistent/nowhere', folder);
  await remember(memory, 'one.test', makeEntry(1));
  await remember(memory, 'other.test', makeEntry(2));
  await memory.flush();
  assert.deepEqual([await memory.find(one), await memory.find(other)], [makeEntry(1), makeEntry(2)]);
  assert.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['code']]),
    [['error', 'state-folder']],
  );
  rmSync(folder);
  await memory.revise(one, (entry) => ({ entry, result: undefined }));
  await memory.flush();
  assert.deepEqual(await readRouteMemory(folder, log).find(one), makeEntry(1));
});

// bounds

test('a full memory keeps what it has: strangers cannot push it out', async (t) => {
  const { open, folder, log, world } = makeMemory(t, 2);
  const memory = await open();
  for (const name of ['a.test', 'b.test', 'c.test', 'd.test']) await remember(memory, name, makeEntry(1));
  await memory.flush();
  assert.deepEqual(readdirSync(folder).sort(), ['a.test.json', 'b.test.json']);
  assert.deepEqual(await memory.find(parseDomainName('c.test')), makeEntry(1), 'until the next restart');
  assert.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['maxEntries']]),
    [['warn', 2]],
  );
  world.nowMs += keepMs;
  await remember(memory, 'e.test', makeEntry(1, { lastSeenMs: world.nowMs }));
  await memory.flush();
  assert.deepEqual(readdirSync(folder), ['e.test.json'], 'those that were over made room');
});

test('what is over is gone after a start; what is pinned is not', async (t) => {
  const { open, folder, world } = makeMemory(t);
  const memory = await open();
  await remember(memory, 'one.test', makeEntry(1));
  await remember(memory, 'other.test', makeEntry(2, { isPinned: true }));
  await memory.flush();
  world.nowMs += keepMs;
  await (await open()).flush();
  assert.deepEqual(readdirSync(folder), ['other.test.json']);
});

test('what killed writers left is taken away when nobody can need it any more', async (t) => {
  const { open, folder, world } = makeMemory(t);
  mkdirSync(folder);
  for (const name of ['.new-old', '.new-young']) writeFileSync(join(folder, name), '{');
  utimesSync(join(folder, '.new-old'), 1000, 1000);
  world.nowMs = Date.now();
  await (await open()).flush();
  assert.deepEqual(readdirSync(folder), ['.new-young']);
});

// two writers

test('what a command changes holds at once', async (t) => {
  const { open, folder, log } = makeMemory(t);
  const memory = await open();
  await remember(memory, 'one.test', makeEntry(1, { doubt }));
  await memory.flush();
  await pinDomain({ folder, domain: one, isPinned: true, nowMs: startMs, log });
  assert.deepEqual(await memory.find(one), makeEntry(1, { isPinned: true }));
  await pinDomain({ folder, domain: one, isPinned: false, nowMs: startMs + 5, log });
  assert.deepEqual(await memory.find(one), makeEntry(1, { lastSeenMs: startMs + 5 }));
  assert.equal(await forgetDomain(folder, one), true);
  assert.equal(await memory.find(one), undefined);
  assert.equal(await forgetDomain(folder, one), false);
});

test('what a command changes while the service decides is not written over', async (t) => {
  const { open, folder, log } = makeMemory(t);
  const memory = await open();
  await remember(memory, 'one.test', makeEntry(1));
  await memory.flush();
  let pinning: Promise<unknown> = Promise.resolve();
  // the command gets the lock first: it has begun before the decision is made
  await memory.revise(one, (entry) => {
    assert.equal(entry?.isPinned, false);
    writeFileSync(join(folder, 'one.test.json'), formatEntry(one, makeEntry(1, { isPinned: true })));
    pinning = pinDomain({ folder, domain: one, isPinned: true, nowMs: startMs, log });
    return { entry: makeEntry(9), result: undefined };
  });
  await Promise.all([pinning, memory.flush()]);
  assert.deepEqual(await memory.find(one), makeEntry(1, { isPinned: true }));
});

test('many writers at once: none takes the word of another away', async (t) => {
  const { open, folder, log } = makeMemory(t);
  const [first, second] = [await open(), await open()];
  const names = Array.from({ length: 20 }, (_, index) => `d${index}.test`);
  await Promise.all(
    names.map((name, index) => remember(index % 2 === 0 ? first : second, name, makeEntry(1))),
  );
  await Promise.all([first.flush(), second.flush()]);
  await Promise.all(
    names.map(async (name) => {
      const domain = parseDomainName(name);
      const pin = pinDomain({ folder, domain, isPinned: true, nowMs: startMs, log });
      const refresh = first.revise(domain, (entry) => ({
        entry: entry === undefined ? undefined : { ...entry, lastSeenMs: startMs + 1 },
        result: undefined,
      }));
      await Promise.all([pin, refresh]);
    }),
  );
  await first.flush();
  const pinned = await Promise.all(names.map(async (name) => second.find(parseDomainName(name))));
  assert.deepEqual(
    pinned.filter((entry) => entry?.isPinned !== true),
    [],
  );
  assert.deepEqual(log.lines, []);
});
