/** The domain map of a running server: follows its files. A broken new map is refused, and the old one goes on. */
import { toOnionmxError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import { type DomainMap, mergeMaps } from './domain-map.ts';
import { keepGoodMap, readLastGoodMap } from './last-good-map.ts';
import { loadDomainMap } from './load-domain-map.ts';
import { watchDomainMap } from './watch-domain-map.ts';

export interface LivingDomainMap extends Pick<DomainMap, 'find'> {
  /** Reads the files now. Never throws: a broken map is refused and logged. */
  reload(): Promise<void>;
  close(): void;
}

interface LivingMapOptions {
  readonly paths: readonly string[];
  /** Where the last map that was in order is kept. */
  readonly copyFile: string;
  readonly log: Log;
}

/** With a broken map it starts with the last good one; without that, throws what loadDomainMap throws. Throws `state-folder`. */
export async function openLivingMap({ paths, copyFile, log }: LivingMapOptions): Promise<LivingDomainMap> {
  const lastGood = await readLastGoodMap(copyFile, paths, log);
  let map = lastGood ?? mergeMaps([]);
  // First the watch, then the reading: a change in between is noticed.
  const watch = watchDomainMap(paths, () => void reload(), warnOfTrouble);
  let loading = takeOver();

  async function takeOver(): Promise<void> {
    const loaded = await loadDomainMap(paths);
    const before = map.size;
    map = loaded.map;
    for (const warning of loaded.warnings) log.warn({ warning }, 'the domain map has a dead entry');
    log.info({ paths, domains: map.size, before, warnings: loaded.warnings.length }, 'domain map taken over');
    if (paths.length > 0) await keepGoodMap(copyFile, paths, loaded.texts).catch(warnOfDisk);
  }

  async function takeOverOrRefuse(): Promise<void> {
    await takeOver().catch(refuse);
  }

  function refuse(error: unknown): void {
    const fields = { ...errorFields(toOnionmxError(error)), paths, domains: map.size };
    log.error(fields, 'the new domain map is refused, the old one goes on');
  }

  /** One after the other: an older reading must not replace a younger one. */
  function reload(): Promise<void> {
    loading = loading.then(takeOverOrRefuse, takeOverOrRefuse);
    return loading;
  }

  function warnOfDisk(thrown: unknown): void {
    log.warn(
      errorFields(toOnionmxError(thrown)),
      'the domain map cannot be kept for a start with a broken one',
    );
  }

  function warnOfTrouble(reason: string): void {
    log.warn(
      { reason, hint: 'after a change: kill -HUP the process' },
      'a folder of the domain map is not watched',
    );
  }

  try {
    await (lastGood === undefined ? loading : loading.catch(refuse));
  } catch (error) {
    watch.close();
    throw error;
  }
  return { find: (domain) => map.find(domain), reload, close: () => watch.close() };
}
