/** The domain map of a running server: follows its files. A broken new map is refused, and the old one goes on. */
import { toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { type DomainMap, mergeMaps } from './domain-map.ts';
import { loadDomainMap } from './load-domain-map.ts';
import { watchDomainMap } from './watch-domain-map.ts';

export interface LivingDomainMap extends Pick<DomainMap, 'find'> {
  /** Reads the files now. Never throws: a broken map is refused and logged. */
  reload(): Promise<void>;
  close(): void;
}

/** Throws what loadDomainMap throws: a server must not start with a broken map. */
export async function openLivingMap(paths: readonly string[], log: Log): Promise<LivingDomainMap> {
  let map = mergeMaps([]);
  // First the watch, then the reading: a change in between is noticed.
  const watch = watchDomainMap(paths, () => void reload(), warnOfTrouble);
  let loading = takeOver();

  async function takeOver(): Promise<void> {
    const loaded = await loadDomainMap(paths);
    map = loaded.map;
    for (const warning of loaded.warnings) log.warn({ warning }, 'the domain map has a dead entry');
    log.info({ paths, domains: map.size, warnings: loaded.warnings.length }, 'domain map taken over');
  }

  async function takeOverOrRefuse(): Promise<void> {
    try {
      await takeOver();
    } catch (error) {
      const fields = { ...errorFields(toOnionmxError(error)), paths, domains: map.size };
      log.error(fields, 'the new domain map is refused, the old one goes on');
    }
  }

  /** One after the other: an older reading must not replace a younger one. */
  function reload(): Promise<void> {
    loading = loading.then(takeOverOrRefuse, takeOverOrRefuse);
    return loading;
  }

  function warnOfTrouble(reason: string): void {
    log.warn(
      { reason, hint: 'after a change: kill -HUP the process' },
      'a folder of the domain map is not watched',
    );
  }

  try {
    await loading;
  } catch (error) {
    watch.close();
    throw error;
  }
  return { find: (domain) => map.find(domain), reload, close: () => watch.close() };
}
