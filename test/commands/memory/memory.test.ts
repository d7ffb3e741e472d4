import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { runMemoryForgetCommand, runMemoryPinCommand } from '../../../src/commands/memory/memory-change.ts';
import { runMemoryListCommand, runMemoryShowCommand } from '../../../src/commands/memory/memory-show.ts';
import { memoryFolderOf } from '../../../src/commands/state-paths.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { formatEntry, type MemoryEntry, parseEntry } from '../../../src/routing/memory/memory-entry.ts';
import { entryFileOf } from '../../../src/routing/memory/memory-files.ts';
import { makeExchanger, makeOnionAddress } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { makeConfig } from '../made-up-config.ts';

const dayMs = 86_400_000;
const nowMs = Date.now();
const [one, two] = [makeOnionAddress(1), makeOnionAddress(2)];
const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
const plain: MemoryEntry = {
  exchangers: [makeExchanger(1), makeExchanger(2, { port: 2525, priority: 10, weight: 7 })],
  shown: { evidence: 'dnssec', untilMs: nowMs + 29 * dayMs },
  firstSeenMs: nowMs - 90 * dayMs,
  lastSeenMs: nowMs - dayMs,
  isPinned: false,
};
const doubted: MemoryEntry = {
  ...plain,
  exchangers: [makeExchanger(1)],
  firstSeenMs: nowMs - 2 * dayMs,
  shown: { evidence: 'certificate', untilMs: nowMs - dayMs },
  doubt: { says: [makeExchanger(2)], sinceMs: nowMs - 2000, notedMs: nowMs - 2000 },
};
const old: MemoryEntry = { ...plain, exchangers: [makeExchanger(1)], lastSeenMs: nowMs - 31 * dayMs };
const remembered: Readonly<Record<string, MemoryEntry>> = {
  'plain.test': plain,
  'doubt.test': doubted,
  'old.test': old,
  'pin.test': { ...old, isPinned: true },
};

function prepare(t: TestContext, entries = remembered) {
  const { config } = makeConfig(t);
  const folder = memoryFolderOf(config);
  const log = createRecordingLog();
  if (Object.keys(entries).length > 0) mkdirSync(folder, { recursive: true });
  for (const [name, entry] of Object.entries(entries)) {
    const domain = parseDomainName(name);
    writeFileSync(entryFileOf(folder, domain), formatEntry(domain, entry));
  }
  let text = '';
  const out = (more: string) => void (text += more);
  const fileOf = (name: string) => entryFileOf(folder, parseDomainName(name));
  return {
    folder,
    log,
    fileOf,
    read: (name: string) => parseEntry(parseDomainName(name), readFileSync(fileOf(name), 'utf8')),
    list: async (json = false) => {
      const code = await runMemoryListCommand({ json, config, log }, out);
      return { code, text };
    },
    show: async (name: string, json = false) => {
      const code = await runMemoryShowCommand({ name, json, config, log }, out);
      return { code, text };
    },
    forget: async (name: string) => {
      const code = await runMemoryForgetCommand({ name, config }, out);
      return { code, text };
    },
    pin: async (name: string, isPinned = true) => {
      const code = await runMemoryPinCommand({ name, isPinned, config, log }, out);
      return { code, text };
    },
  };
}

test('list: a line for each domain, by name, with what is special about it', async (t) => {
  const { code, text } = await prepare(t).list();
  const [seen, oldSeen] = [time(plain.lastSeenMs), time(old.lastSeenMs)];
  assert.equal(code, 0);
  assert.deepEqual(text.split('\n'), [
    `doubt.test  ${one}:25 (dns, last seen ${seen}), DNS contradicts since ${time(nowMs - 2000)}`,
    `old.test    ${one}:25 (dnssec, last seen ${oldSeen}), over`,
    `pin.test    ${one}:25 (pinned, last seen ${oldSeen})`,
    `plain.test  ${one}:25, ${two}:2525 (dnssec, last seen ${seen})`,
    '',
  ]);
});

test('list as JSON', async (t) => {
  const { text } = await prepare(t).list(true);
  const listed: unknown = JSON.parse(text);
  assert.ok(Array.isArray(listed));
  assert.deepEqual(listed[3], {
    domain: 'plain.test',
    exchangers: plain.exchangers,
    evidence: 'dnssec',
    shown: { evidence: 'dnssec', until: new Date(nowMs + 29 * dayMs).toISOString() },
    firstSeen: new Date(plain.firstSeenMs).toISOString(),
    lastSeen: new Date(plain.lastSeenMs).toISOString(),
    pinned: false,
    until: new Date(plain.lastSeenMs + 30 * dayMs).toISOString(),
  });
  assert.equal(listed[2].until, null, 'pinned');
});

test('before the first start there is nothing, and no folder is made', async (t) => {
  const { list, folder } = prepare(t, {});
  const { code, text } = await list();
  assert.deepEqual([code, text], [0, `nothing is remembered in ${folder}\n`]);
  assert.equal(existsSync(folder), false);
});

test('list goes on over a file that cannot be understood, and names it', async (t) => {
  const { list, fileOf, log } = prepare(t);
  writeFileSync(fileOf('bad.test'), '{');
  const { code, text } = await list();
  assert.equal(code, 0);
  assert.equal(text.trimEnd().split('\n').length, 4);
  assert.equal(log.lines[0]?.fields['file'], fileOf('bad.test'));
  assert.equal(existsSync(fileOf('bad.test')), true);
});

test('show: what is known, for how long yet, what DNS says, and what to do', async (t) => {
  const { code, text } = await prepare(t).show('Doubt.Test');
  assert.equal(code, 0);
  assert.deepEqual(text.split('\n'), [
    'doubt.test',
    `  exchanger     ${one}:25, priority 0, weight 0`,
    '  evidence      dns',
    `  known since   ${time(nowMs - 2 * dayMs)}`,
    `  last seen     ${time(plain.lastSeenMs)}`,
    `  stands until  ${time(plain.lastSeenMs + 30 * dayMs)}`,
    `  DNS says      ${two}:25 (since ${time(nowMs - 2000)}, not DNSSEC-validated)`,
    '  what to do    Ask its operator by another way. If the change is right: onionmx memory forget doubt.test',
    '',
  ]);
});

test('show: what was found, until when it counts, and what the clear net would do', async (t) => {
  const found: MemoryEntry = {
    ...plain,
    shown: { evidence: 'proved', untilMs: nowMs + 5 * dayMs },
    check: { atMs: nowMs - 1000, found: ['by HTTPS: one proof', 'by DNS: there is no such record'] },
    policy: 'mta-sts',
  };
  const { text } = await prepare(t, { 'found.test': found }).show('found.test');
  assert.deepEqual(text.split('\n').slice(3, 6), [
    `  evidence      proved until ${time(nowMs + 5 * dayMs)}`,
    '  TLS policy    mta-sts',
    `  looked at     ${time(nowMs - 1000)}: by HTTPS: one proof; by DNS: there is no such record`,
  ]);
});

test('show: without more, the same exchangers for long are evidence', async (t) => {
  const { shown: _, ...long } = plain;
  assert.match((await prepare(t, { 'long.test': long }).show('long.test')).text, /evidence {6}remembered\n/);
});

test('show: pinned, and over', async (t) => {
  const { show } = prepare(t);
  assert.match((await show('pin.test')).text, /stands until {2}it is unpinned or forgotten/);
  assert.match((await show('old.test')).text, /stands until {2}\S+Z: its time is over/);
});

test('show as JSON', async (t) => {
  const { domain, doubt } = JSON.parse((await prepare(t).show('doubt.test', true)).text);
  assert.deepEqual([domain, doubt.says], ['doubt.test', [makeExchanger(2)]]);
});

test('forget', async (t) => {
  const { forget, fileOf } = prepare(t);
  assert.deepEqual(await forget('doubt.test'), {
    code: 0,
    text: 'doubt.test is forgotten: the next answer of DNS is believed\n',
  });
  assert.equal(existsSync(fileOf('doubt.test')), false);
  assert.match((await forget('doubt.test')).text, /\nnothing was remembered of doubt\.test\n$/);
});

test('a file that cannot be understood can be forgotten', async (t) => {
  const { forget, fileOf } = prepare(t);
  writeFileSync(fileOf('bad.test'), '{');
  await forget('bad.test');
  assert.equal(existsSync(fileOf('bad.test')), false);
});

test('pin, and unpin: the doubt is settled by the operator, and the time runs anew', async (t) => {
  const { pin, read } = prepare(t);
  assert.match((await pin('doubt.test')).text, /^doubt\.test is pinned, and DNS is not asked any more: /);
  const { doubt, isPinned } = read('doubt.test');
  assert.deepEqual([doubt, isPinned], [undefined, true]);
  await pin('pin.test', false);
  assert.equal(read('pin.test').isPinned, false);
  assert.ok(read('pin.test').lastSeenMs >= nowMs);
});

for (const [why, run] of [
  ['show', (to: ReturnType<typeof prepare>) => to.show('other.test')],
  ['pin', (to: ReturnType<typeof prepare>) => to.pin('other.test')],
] as const) {
  test(`${why}: a domain of which nothing is remembered`, async (t) => {
    await assert.rejects(run(prepare(t)), {
      code: 'not-remembered',
      message: 'nothing is remembered of other.test',
      hint: /`onionmx memory list`/,
    });
  });
}

test('a name that is none', async (t) => {
  await assert.rejects(prepare(t).forget('../plain.test'), { code: 'domain-invalid' });
});
