import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { openPolicyFiles, readPolicyFiles } from '../../../src/routing/tls-policy/mta-sts-files.ts';
import type { KeptPolicy } from '../../../src/routing/tls-policy/mta-sts-rule.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

const domain = parseDomainName('b.test');
const fetchedMs = Date.UTC(2026, 0, 1, 12);
const policy: KeptPolicy = {
  id: '7',
  fetchedMs,
  mode: 'enforce',
  mxNames: ['mx.b.test', '*.b.test'],
  maxAgeSeconds: 604_800,
};

function open(t: TestContext, maxEntries = 100, folder = join(makeTemporaryFolder(t), 'tls-policies')) {
  const log = createRecordingLog();
  const time = { nowMs: fetchedMs };
  return { files: openPolicyFiles({ folder, clock: () => time.nowMs, log, maxEntries }), folder, log, time };
}

test('a policy outlives the process, in a file that a person can read', async (t) => {
  const { files, folder, log } = open(t);
  assert.equal(await files.find(domain), undefined);
  await files.save(domain, policy);
  assert.deepEqual(await files.find(domain), policy);
  assert.deepEqual(await readPolicyFiles(folder, log).find(domain), policy);
  const text = readFileSync(join(folder, 'b.test.json'), 'utf8');
  assert.deepEqual(JSON.parse(text), {
    domain: 'b.test',
    id: '7',
    mode: 'enforce',
    mx: ['mx.b.test', '*.b.test'],
    maxAgeSeconds: 604_800,
    fetched: '2026-01-01T12:00:00.000Z',
  });
  assert.equal(statSync(join(folder, 'b.test.json')).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual(log.lines, []);
});

const broken: readonly [why: string, text: string][] = [
  ['truncated', '{"domain": "b.te'],
  ['empty', ''],
  [
    'of another domain',
    JSON.stringify({
      domain: 'c.test',
      id: '1',
      mode: 'none',
      mx: [],
      maxAgeSeconds: 1,
      fetched: '2026-01-01T12:00:00.000Z',
    }),
  ],
  ['of a wrong form', '{"domain": "b.test", "mode": "maybe"}'],
];
for (const [why, text] of broken) {
  test(`a file that is ${why} is told and kept aside, by the service alone`, async (t) => {
    const { files, folder, log } = open(t);
    mkdirSync(folder);
    writeFileSync(join(folder, 'b.test.json'), text);
    assert.equal(await readPolicyFiles(folder, log).find(domain), undefined);
    assert.deepEqual(readdirSync(folder), ['b.test.json']);
    assert.equal(await files.find(domain), undefined);
    assert.deepEqual(readdirSync(folder), ['b.test.json.broken']);
    assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 2);
    await files.save(domain, policy);
    assert.deepEqual(await files.find(domain), policy);
  });
}

test('what the disk does not take is known until the end, and told once', async (t) => {
  const { files, folder, log } = open(t);
  writeFileSync(folder, 'a file where the folder should be');
  await files.save(domain, policy);
  await files.save(domain, { ...policy, id: '8' });
  assert.equal((await files.find(domain))?.id, '8');
  assert.deepEqual(
    log.lines.map(({ level, event }) => `${level}: ${event}`),
    ['error: cannot write down an MTA-STS policy'],
  );
});

test('when it is full, those over make room, and those that hold stay', async (t) => {
  const { files, folder, log, time } = open(t, 2);
  const [first, second, third, fourth] = ['1.test', '2.test', '3.test', '4.test'].map(parseDomainName);
  assert.ok(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined);
  await files.save(first, { ...policy, maxAgeSeconds: 86_400 });
  await files.save(second, policy);
  time.nowMs += 2 * 86_400_000;
  await files.save(third, { ...policy, fetchedMs: time.nowMs });
  assert.deepEqual(readdirSync(folder).sort(), ['2.test.json', '3.test.json']);
  await files.save(fourth, policy);
  assert.deepEqual(readdirSync(folder).sort(), ['2.test.json', '3.test.json']);
  assert.deepEqual(await files.find(fourth), policy, 'kept in memory');
  await files.save(second, { ...policy, id: '9' });
  assert.equal((await files.find(second))?.id, '9', 'one that is there may change');
  time.nowMs += 3_600_000;
  await files.save(fourth, policy);
  assert.deepEqual(
    log.lines.map(({ level, event }) => `${level}: ${event}`),
    ['warn: no room for more MTA-STS policies: new ones are not written down'],
  );
});
