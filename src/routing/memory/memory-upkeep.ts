/** Keeps the memory bounded: what is over goes, and when it is full nothing new comes in. */
import type { Log } from '../../log.ts';
import {
  listDomains,
  readEntryText,
  removeAbandonedFiles,
  removeEntryFile,
  understandEntry,
} from './memory-files.ts';
import { withMemoryLock } from './memory-lock.ts';
import { isOver, type MemoryClock } from './weigh-answer.ts';

/**
 * Stops an attack: with as many domains of his own a stranger could push out what is known of others. So those that are
 * known stay, and new ones are not written until some are over.
 */
export const maxRemembered = 10_000;

/** Throws what the file system says. */
export async function hasRoom(folder: string, limit: number): Promise<boolean> {
  return (await listDomains(folder)).length < limit;
}

/** Takes away what is over, and what killed writers left; keeps aside what cannot be understood. */
export async function tidyMemory(folder: string, clock: MemoryClock, log: Log): Promise<void> {
  await removeAbandonedFiles(folder, clock.nowMs);
  for (const domain of await listDomains(folder)) {
    const text = await readEntryText(folder, domain);
    if (text === undefined) continue;
    const entry = await understandEntry(folder, domain, text, log, 'keep-aside');
    if (entry === undefined || !isOver(entry, clock)) continue;
    await withMemoryLock(folder, async () => {
      if ((await readEntryText(folder, domain)) === text) await removeEntryFile(folder, domain);
    });
    log.debug({ domain }, 'a domain that was not seen for long is forgotten');
  }
}
