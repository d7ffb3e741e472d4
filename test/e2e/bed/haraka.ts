/** Haraka from npm, an instance of its own for each folder: what `haraka -i` makes, and the files of a test over it. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { readTail } from './read-tail.ts';
import { runProgram } from './run-program.ts';
import { startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';

const program = resolve('.testbed/haraka/node_modules/Haraka/bin/haraka');

export interface Haraka {
  readonly waitForLog: (pattern: RegExp) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** By their paths below the instance's folder: the text, or a change of the one that is there. */
export type HarakaFiles = Readonly<Record<string, string | ((text: string) => string)>>;

export async function startHaraka(folder: string, files: HarakaFiles): Promise<Haraka> {
  await runProgram(process.execPath, [program, '-i', folder]);
  for (const [name, change] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof change === 'string' ? change : change(await readFile(path, 'utf8')));
  }
  const outputPath = join(folder, 'haraka.out');
  await appendFile(outputPath, '');
  const daemon = await startProcess({
    name: 'Haraka',
    command: process.execPath,
    args: [program, '-c', folder],
    outputPath,
  });
  const waitForLog = (pattern: RegExp) => {
    const find = async () => {
      daemon.assertRunning();
      return (await readFile(outputPath, 'utf8')).split('\n').find((line) => pattern.test(line));
    };
    return waitFor(`${pattern} in the log of Haraka`, find, 60_000, {
      explain: () => readTail(outputPath, 30),
    });
  };
  await waitForLog(/Startup took|Listening on/);
  return { waitForLog, stop: () => daemon.stop() };
}
