/**
 * Remembers the exchangers that each domain was seen to have, over restarts. Each lookup reads the one small file of its
 * domain, so what a command of the operator changes holds at once.
 */
import type { Log } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import type { MemoryEntry } from './memory-entry.ts';
import { listDomains, makeDomainFolder, readEntryText, understandEntry } from './memory-files.ts';
import { createMemoryWriter, type MemoryWriterOptions } from './memory-writer.ts';

interface Revised<T> {
  /** The very entry that was given when nothing changes; undefined: the domain is forgotten. */
  readonly entry: MemoryEntry | undefined;
  readonly result: T;
}

type Revise<T> = (entry: MemoryEntry | undefined) => Revised<T>;

export interface RouteMemory {
  /** Throws `state-folder`. */
  find(domain: DomainName): Promise<MemoryEntry | undefined>;
  /** One at a time for each domain; answers before the change is on disk. Throws `state-folder`. */
  revise<T>(domain: DomainName, change: Revise<T>): Promise<T>;
}

export interface StoredRouteMemory extends RouteMemory {
  /** Waits until everything remembered so far is on disk, or the log says why not. */
  flush(): Promise<void>;
}

/** What the file says, or what it should say and the disk did not take. */
interface Seen {
  readonly text: string | undefined;
  readonly entry: MemoryEntry | undefined;
  readonly isUnsaved: boolean;
}

/** The memory as it is on disk, for those who may not change it. */
export function readRouteMemory(folder: string, log: Log): RouteMemory {
  const find = async (domain: DomainName) => {
    const text = await readEntryText(folder, domain);
    return text === undefined ? undefined : understandEntry(folder, domain, text, log, 'leave');
  };
  return { find, revise: async (domain, change) => change(await find(domain)).result };
}

/** Throws `state-folder`. */
export async function openRouteMemory(options: MemoryWriterOptions): Promise<StoredRouteMemory> {
  const { folder, log } = options;
  await makeDomainFolder(folder);
  await listDomains(folder); // one that may not be read is told now, and not with the first mail
  const writer = createMemoryWriter(options);
  const turns = new Map<DomainName, Promise<unknown>>();

  async function look(domain: DomainName): Promise<Seen> {
    const text = await readEntryText(folder, domain);
    const unsaved = writer.findUnsaved(domain, text);
    if (unsaved !== undefined) return { text, entry: unsaved.entry, isUnsaved: true };
    const entry =
      text === undefined ? undefined : await understandEntry(folder, domain, text, log, 'keep-aside');
    return { text: entry === undefined ? undefined : text, entry, isUnsaved: false };
  }

  function revise<T>(domain: DomainName, change: Revise<T>): Promise<T> {
    const before = turns.get(domain) ?? Promise.resolve();
    const decided = before.then(async () => {
      const seen = await look(domain);
      return { seen, ...change(seen.entry) };
    });
    const done = decided
      .then(({ seen, entry }) => {
        if (entry === seen.entry && !seen.isUnsaved) return undefined;
        return writer.save({ domain, base: seen.text, entry });
      })
      .catch(() => {}) // who asked is told
      .finally(() => turns.get(domain) === done && turns.delete(domain));
    turns.set(domain, done);
    return decided.then(({ result }) => result);
  }

  return {
    find: async (domain) => (await look(domain)).entry,
    revise,
    async flush() {
      await Promise.all(turns.values());
      await writer.finish();
    },
  };
}
