/** What the operator changes in the memory, while the service may be running: under its lock. */
import type { Log } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { stateFolderError } from '../../state-file.ts';
import { formatEntry, type MemoryEntry } from './memory-entry.ts';
import { readEntryText, removeEntryFile, understandEntry, writeEntryText } from './memory-files.ts';
import { withMemoryLock } from './memory-lock.ts';

/** false when nothing was remembered. Throws `state-folder`. */
export async function forgetDomain(folder: string, domain: DomainName): Promise<boolean> {
  // without a file there may be no folder either, and then no lock
  if ((await readEntryText(folder, domain)) === undefined) return false;
  await changeUnderLock(folder, () => removeEntryFile(folder, domain));
  return true;
}

interface Pin {
  readonly folder: string;
  readonly domain: DomainName;
  readonly isPinned: boolean;
  /** Wall clock, in milliseconds. */
  readonly nowMs: number;
  readonly log: Log;
}

/** The entry as it is now; undefined when nothing is remembered. Throws `state-folder`. */
export async function pinDomain(pin: Pin): Promise<MemoryEntry | undefined> {
  const { folder, domain } = pin;
  if ((await readEntryText(folder, domain)) === undefined) return undefined;
  return changeUnderLock(folder, () => setPinned(pin));
}

/** The operator's word is as good as a sight: from then on the time of the memory is counted, also after an unpin. */
async function setPinned({ folder, domain, isPinned, nowMs, log }: Pin): Promise<MemoryEntry | undefined> {
  const text = await readEntryText(folder, domain);
  const known = text === undefined ? undefined : await understandEntry(folder, domain, text, log, 'leave');
  if (known === undefined || known.isPinned === isPinned) return known;
  const { doubt: _, ...rest } = known;
  const entry: MemoryEntry = { ...rest, isPinned, lastSeenMs: nowMs };
  await writeEntryText(folder, domain, formatEntry(domain, entry));
  return entry;
}

async function changeUnderLock<T>(folder: string, deed: () => Promise<T>): Promise<T> {
  try {
    return await withMemoryLock(folder, deed);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw stateFolderError(folder, error);
    throw error;
  }
}
