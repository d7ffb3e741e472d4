/** From the start of the process to its first answer to a lookup, beside a bare server in Node; and what it uses then. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { stringify } from 'yaml';
import { startProcess } from '../../../test/e2e/bed/start-process.ts';
import { encodeNetstring } from '../../../src/protocol/netstring.ts';
import { startBareEcho, waitForAnswer } from '../bare-echo.ts';
import { lookupNames } from '../lookup-names.ts';
import type { CaseContext } from '../run-case.ts';
import { readUsage } from '../watch-processes.ts';

const setting = 'a known state folder';

export async function measureStart({ bed, plan, results }: CaseContext): Promise<void> {
  const folder = join(bed.folder, 's');
  const endpointFolder = join(folder, 'endpoints');
  const configFile = join(folder, 'onionmx.yaml');
  await mkdir(endpointFolder, { recursive: true });
  const socket = join(folder, 'map.sock');
  const settings = {
    ...bed.settings,
    stateFolder: join(folder, 'state'),
    lookup: { socketmap: [`unix:${socket}`] },
    delivery: { endpointFolder, nexthopPrefix: 'x' },
  };
  await writeFile(configFile, stringify(settings));
  const times = plan.quick ? 2 : 6;
  for (let count = 0; count <= times; count += 1) {
    const bare = await measureBare(join(folder, 'echo.sock'));
    const own = await measureOnionmx(configFile, socket, folder);
    if (count === 0) continue; // makes the folder, and fills the page cache
    results.add({ case: 'start', setting, who: bareServer, value: bare });
    results.add({ case: 'start', setting, who: 'onionmx', value: own.ms, notes: own.notes });
  }
}

async function measureBare(path: string): Promise<number> {
  const startedMs = performance.now();
  const echo = await startBareEcho(path);
  const ms = performance.now() - startedMs;
  await echo.stop();
  await rm(path, { force: true });
  return ms;
}

async function measureOnionmx(configFile: string, socket: string, folder: string) {
  const startedMs = performance.now();
  const running = await startProcess({
    name: 'onionmx',
    command: process.execPath,
    args: ['dist/main.js', 'serve', '--config', configFile],
    outputPath: join(folder, 'log'),
  });
  try {
    await waitForAnswer(socket, encodeNetstring(`onionmx bob@${lookupNames.map[0]}`).toString());
    const ms = performance.now() - startedMs;
    const usage = readUsage([running.pid]);
    return { ms, notes: { 'RSS MB': usage.rssMb, 'PSS MB': usage.pssMb } };
  } finally {
    await running.stop();
  }
}

export const bareServer = 'bare server in Node';
