/** A memory on disk, for tests: a folder of the test's own, and a clock that the test sets. */
import { join } from 'node:path';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import type { MemoryEntry } from '../../../src/routing/memory/memory-entry.ts';
import { openRouteMemory, type RouteMemory } from '../../../src/routing/memory/route-memory.ts';
import { makeExchanger } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

export const startMs = Date.parse('2026-01-01T00:00:00Z');
export const keepMs = 30 * 86_400_000;

export function makeEntry(number: number, change: Partial<MemoryEntry> = {}): MemoryEntry {
  return {
    exchangers: [makeExchanger(number)],
    firstSeenMs: startMs,
    lastSeenMs: startMs,
    isPinned: false,
    ...change,
  };
}

export function makeMemory(t: Parameters<typeof makeTemporaryFolder>[0], maxEntries = 100) {
  const folder = join(makeTemporaryFolder(t), 'memory');
  const log = createRecordingLog();
  const world = { nowMs: startMs };
  const open = () => openRouteMemory({ folder, keepMs, clock: () => world.nowMs, log, maxEntries });
  return { folder, log, world, open };
}

/** Replaces whatever is remembered of the domain. */
export function remember(memory: RouteMemory, name: string, entry: MemoryEntry | undefined): Promise<void> {
  return memory.revise(parseDomainName(name), () => ({ entry, result: undefined }));
}
