/** Notices when files of the domain map change, also by renaming over them, and by symbolic links that lead elsewhere. */
import { messageOf } from '../../errors.ts';
import { type FSWatcher, watch } from 'node:fs';
import { findDecisiveFolders, takeTraces } from './domain-map-traces.ts';

/** Two looks this far apart must see the same before it counts as a change: a file may still be being written. */
const settleMs = 100;

export interface DomainMapWatch {
  close(): void;
}

/**
 * Calls `onChange` once a change, and `onTrouble` when a folder cannot be watched; the others are watched all the same.
 * Other activity in the watched folders costs a look, and is no change.
 */
export function watchDomainMap(
  paths: readonly string[],
  onChange: () => void,
  onTrouble: (reason: string) => void,
): DomainMapWatch {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;

  function planLook(): void {
    timer ??= setTimeout(look, settleMs);
  }

  function look(): void {
    timer = undefined;
    watchFolders(); // before the traces are taken: a change in between is then seen by the one or the other
    const traces = takeTraces(paths);
    const isSettled = traces === lastSeen;
    lastSeen = traces;
    if (!isSettled) planLook();
    else if (traces !== lastReported) {
      lastReported = traces;
      onChange();
    }
  }

  function watchFolders(): void {
    const folders = findDecisiveFolders(paths);
    for (const [key, watcher] of watchers) if (!folders.has(key)) drop(key, watcher);
    for (const [key, folder] of folders) if (!watchers.has(key)) watchFolder(key, folder);
  }

  function watchFolder(key: string, folder: string): void {
    try {
      const watcher = watch(folder, planLook);
      watchers.set(key, watcher);
      watcher.on('error', (error) => {
        drop(key, watcher);
        onTrouble(`${folder}: ${error.message}`);
      });
    } catch (error) {
      onTrouble(`${folder}: ${messageOf(error)}`);
    }
  }

  function drop(key: string, watcher: FSWatcher): void {
    watchers.delete(key);
    watcher.close();
  }

  watchFolders();
  let lastSeen = takeTraces(paths);
  let lastReported = lastSeen;
  return {
    close() {
      clearTimeout(timer);
      for (const [key, watcher] of watchers) drop(key, watcher);
    },
  };
}
