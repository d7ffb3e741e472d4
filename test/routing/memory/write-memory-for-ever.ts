/** Remembers one domain again and again, with a line for each time; until it is killed. The argument is the folder. */
import process from 'node:process';
import { createLog } from '../../../src/log.ts';
import { openRouteMemory } from '../../../src/routing/memory/route-memory.ts';
import { makeEntry, remember } from './made-up-memory.ts';

const [folder = ''] = process.argv.slice(2);
const memory = await openRouteMemory({
  folder,
  keepMs: Number.MAX_SAFE_INTEGER,
  clock: Date.now,
  log: createLog('warn'),
});
for (let number = 1; ; number++) {
  const entry = makeEntry((number % 5) + 1, { lastSeenMs: number, firstSeenMs: 0 });
  const saved = remember(memory, 'one.test', entry);
  process.stdout.write(`${number}\n`);
  await saved;
  await memory.flush();
}
