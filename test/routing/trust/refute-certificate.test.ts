import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import type { ExchangerSet } from '../../../src/protocol/exchanger.ts';
import type { MemoryEntry } from '../../../src/routing/memory/memory-entry.ts';
import { openRefutation } from '../../../src/routing/trust/refute-certificate.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { createFakeMemory } from '../memory/fake-memory.ts';
import { keepMs, makeEntry, startMs } from '../memory/made-up-memory.ts';

const domain = parseDomainName('a.test');
const [a, b] = [makeExchanger(1), makeExchanger(2)];
const certified = makeEntry(1, { shown: { evidence: 'certificate', untilMs: startMs + keepMs } });

async function refute(entry: MemoryEntry | undefined, exchangers: ExchangerSet) {
  const log = createRecordingLog();
  const memory = createFakeMemory();
  if (entry !== undefined) memory.remembered.set(domain, entry);
  openRefutation(memory, log)(domain, exchangers);
  await new Promise((resolve) => setImmediate(resolve));
  return { after: memory.remembered.get(domain), levels: log.lines.map(({ level }) => level) };
}

test('a certificate that is not shown any more is no evidence any more: one warning', async () => {
  assert.deepEqual(await refute(certified, [a]), { after: makeEntry(1), levels: ['warn'] });
});

for (const [why, entry, exchangers] of [
  ['nothing is remembered', undefined, [a]],
  ['the route rests on nothing of the kind', makeEntry(1), [a]],
  ['it was another set of exchangers', certified, [b]],
  ['it was one of several', { ...certified, exchangers: [a, b] }, [a]],
  [
    'the domain has proved them meanwhile',
    makeEntry(1, { shown: { evidence: 'proved', untilMs: startMs } }),
    [a],
  ],
] as const) {
  test(`nothing changes, and nothing is said: ${why}`, async () => {
    assert.deepEqual(await refute(entry, exchangers), { after: entry, levels: [] });
  });
}

test('a memory that cannot be changed is an error in the log', async () => {
  const log = createRecordingLog();
  const memory = createFakeMemory();
  memory.revise = () => Promise.reject(new OnionmxError('state-folder', 'EIO'));
  openRefutation(memory, log)(domain, [a]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    log.lines.map(({ level }) => level),
    ['error'],
  );
});
