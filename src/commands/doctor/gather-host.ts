/** What doctor wants to know of the map, the state folder and the runtime. */
import { stat } from 'node:fs/promises';
import process from 'node:process';
import type { LoadedConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/schema.ts';
import type { HostFacts } from '../../doctor/judge-host.ts';
import { toOnionmxError, isAbsent } from '../../errors.ts';
import { createLog } from '../../log.ts';
import { describeContradiction } from '../../routing/memory/describe-memory.ts';
import { loadDomainMap } from '../../routing/map/load-domain-map.ts';
import { listDomains } from '../../routing/memory/memory-files.ts';
import { readRouteMemory } from '../../routing/memory/route-memory.ts';
import { memoryFolderOf } from '../state-paths.ts';

export async function gatherHost({ config, file }: LoadedConfig, onionmxVersion: string): Promise<HostFacts> {
  return {
    configFile: file,
    map: await readMap(config.map),
    memory: await readMemory(config),
    stateFolder: {
      path: config.stateFolder,
      found: await lookAt(config.stateFolder),
      serviceUid: await findServiceUid(config.lookup.socketmap),
    },
    onionmxVersion,
    nodeVersion: process.versions.node,
  };
}

async function readMap(paths: readonly string[]): Promise<HostFacts['map']> {
  try {
    const { map, warnings } = await loadDomainMap(paths);
    return { domains: map.size, warnings };
  } catch (error) {
    return toOnionmxError(error);
  }
}

async function readMemory(config: Config): Promise<HostFacts['memory']> {
  const folder = memoryFolderOf(config);
  const memory = readRouteMemory(folder, createLog('error'));
  try {
    const domains = await listDomains(folder);
    const doubted = [];
    for (const domain of domains) {
      const doubt = (await memory.find(domain))?.doubt;
      if (doubt !== undefined) doubted.push({ domain, says: describeContradiction(doubt.says) });
    }
    return { domains: domains.length, doubted };
  } catch (error) {
    return toOnionmxError(error);
  }
}

async function lookAt(folder: string): Promise<HostFacts['stateFolder']['found']> {
  try {
    const { mode, uid } = await stat(folder);
    return { mode: mode & 0o7777, uid };
  } catch (error) {
    return isAbsent(error) ? undefined : 'hidden';
  }
}

/** Its sockets belong to who made them. */
async function findServiceUid(
  addresses: LoadedConfig['config']['lookup']['socketmap'],
): Promise<number | undefined> {
  for (const address of addresses) {
    const found = address.kind === 'unix' ? await stat(address.path).catch(() => undefined) : undefined;
    if (found !== undefined) return found.uid;
  }
  return undefined;
}
