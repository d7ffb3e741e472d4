/**
 * Writes what is to be remembered, one after the other, behind the answers. While the disk takes nothing, what it should
 * hold is kept here, and tried again with the next lookup of the domain.
 */
import { toOnionmxError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { stateFolderError } from '../../state-file.ts';
import { BoundedMap } from '../bounded-map.ts';
import { formatEntry, type MemoryEntry } from './memory-entry.ts';
import { makeDomainFolder, readEntryText, removeEntryFile, writeEntryText } from './memory-files.ts';
import { withMemoryLock } from './memory-lock.ts';
import { hasRoom, maxRemembered, tidyMemory } from './memory-upkeep.ts';

/** What the file of a domain is to say; `base` is what it said when that was decided. */
interface Change {
  readonly domain: DomainName;
  readonly base: string | undefined;
  /** undefined: the domain is forgotten. */
  readonly entry: MemoryEntry | undefined;
}

export interface MemoryWriter {
  /** Resolves when it is on disk, or kept here and the log says why. */
  save(change: Change): Promise<void>;
  /** The change that the disk has not taken; gone when somebody else has changed the file since. */
  findUnsaved(domain: DomainName, text: string | undefined): Change | undefined;
  finish(): Promise<void>;
}

export interface MemoryWriterOptions {
  readonly folder: string;
  readonly keepMs: number;
  /** Wall clock, in milliseconds. */
  readonly clock: () => number;
  readonly log: Log;
  readonly maxEntries?: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** Tidies up at once, behind the first answers. */
export function createMemoryWriter(options: MemoryWriterOptions): MemoryWriter {
  const { folder, keepMs, clock, log, maxEntries = maxRemembered } = options;
  const unsaved = new BoundedMap<DomainName, Change>(maxRemembered);
  let hasComplained = false;
  let fullMs: number | undefined;
  let tidiedMs = clock();
  let writing = tidy();

  function save(change: Change): Promise<void> {
    writing = writing.then(() => saveNow(change));
    return writing;
  }

  async function saveNow(change: Change): Promise<void> {
    const isSaved = await write(change).catch(complain);
    if (isSaved) {
      unsaved.delete(change.domain);
      hasComplained = false;
    } else unsaved.set(change.domain, change);
  }

  /** false when there is no room. What somebody else has written meanwhile holds: the next lookup decides anew. */
  async function write({ domain, base, entry }: Change): Promise<boolean> {
    if (base === undefined && entry !== undefined && !(await makeRoom())) return false;
    await makeDomainFolder(folder);
    await withMemoryLock(folder, async () => {
      if ((await readEntryText(folder, domain)) !== base) return;
      if (entry === undefined) await removeEntryFile(folder, domain);
      else await writeEntryText(folder, domain, formatEntry(domain, entry));
    });
    return true;
  }

  async function makeRoom(): Promise<boolean> {
    if (fullMs !== undefined && Math.abs(clock() - fullMs) < hourMs) return false;
    const isFull = !(await hasRoom(folder, maxEntries));
    if (isFull || Math.abs(clock() - tidiedMs) >= dayMs) await tidy();
    if (!isFull || (await hasRoom(folder, maxEntries))) return true;
    fullMs = clock();
    log.warn({ folder, maxEntries }, 'the memory is full: new domains are not written down');
    return false;
  }

  async function tidy(): Promise<void> {
    tidiedMs = clock();
    await tidyMemory(folder, { nowMs: tidiedMs, keepMs }, log).catch(complain);
  }

  /** Once, until it works again: mail goes on, and else each lookup would say it. */
  function complain(thrown: unknown): false {
    if (hasComplained) return false;
    hasComplained = true;
    const isOfSystem = thrown instanceof Error && 'syscall' in thrown;
    const error = toOnionmxError(isOfSystem ? stateFolderError(folder, thrown) : thrown);
    log.error({ ...errorFields(error), folder }, 'cannot write the memory of routes');
    return false;
  }

  return {
    save,
    findUnsaved(domain, text) {
      const change = unsaved.get(domain);
      if (change === undefined || change.base === text) return change;
      unsaved.delete(domain);
      return undefined;
    },
    finish: () => writing,
  };
}
