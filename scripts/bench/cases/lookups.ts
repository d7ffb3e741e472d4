/**
 * Lookups a second on the socketmap, beside a server in Node on the same kind of socket that sends back what it gets.
 * Both are asked by the same client with the same questions, and what it costs is in the figures of both.
 */
import { askMany } from '../ask-many.ts';
import { type LookupKind, lookupNames, makeNewNames } from '../lookup-names.ts';
import type { CaseContext } from '../run-case.ts';
import { startBareEcho } from '../bare-echo.ts';
import { join } from 'node:path';
import { percentile } from '../statistics.ts';

const connectionCounts = [1, 20, 200];
const pipelineDepth = 16;
/** More than can be asked in the time of one measurement. */
const newNames = 30_000;
const kinds: readonly LookupKind[] = ['map', 'dns', 'miss'];
const kindNames: Record<LookupKind, string> = {
  map: 'in the map',
  dns: 'in DNS, known',
  miss: 'no onion, known',
};

export async function measureLookups({ bed, plan, results }: CaseContext): Promise<void> {
  const echo = await startBareEcho(join(bed.folder, 'echo.sock'));
  bed.onStop('the bare echo', echo.stop);
  const mapSocket = join(bed.contestants[0]?.postfix.queueDirectory ?? '', 'onionmx/map.sock');
  const forMs = plan.quick ? 300 : 1000;
  const settings = connectionCounts.flatMap((connections) =>
    [1, pipelineDepth].map((depth) => ({ connections, depth })),
  );
  const measure = async (path: string, names: readonly string[], who: string, how: How) => {
    const { rate, latenciesMs } = await askMany({ path, questions: toQuestions(names), ...how, forMs });
    const middle = percentile(latenciesMs, 0.5);
    const notes = { 'median, ms': middle, 'p99 ÷ median': percentile(latenciesMs, 0.99) / middle };
    results.add({ case: 'lookups', setting: describeHow(how), who, value: rate, notes });
  };
  const warm = (path: string, names: readonly string[]) =>
    askMany({ path, questions: toQuestions(names), connections: 20, depth: 1, forMs });
  await warm(echo.path, lookupNames.map);
  for (const kind of kinds) await warm(mapSocket, lookupNames[kind]);
  for (let round = 0; round < plan.rounds; round += 1)
    for (const how of settings) {
      await measure(echo.path, lookupNames.map, bareEcho, how);
      for (const kind of kinds) await measure(mapSocket, lookupNames[kind], kindNames[kind], how);
      if (how.depth === 1) await measure(mapSocket, makeNewNames(newNames), 'asked for the first time', how);
    }
  await echo.stop();
}

interface How {
  readonly connections: number;
  readonly depth: number;
}

function toQuestions(names: readonly string[]): string[] {
  return names.map((name) => `onionmx bob@${name}`);
}

function describeHow({ connections, depth }: How): string {
  const plural = connections === 1 ? '' : 's';
  return `${connections} connection${plural}, ${depth === 1 ? 'one question' : `${depth} questions`} at a time`;
}

export const bareEcho = 'bare echo server';
