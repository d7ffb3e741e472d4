/**
 * Runs the tests by kind: `unit`, `coverage` (the unit tests, with coverage) or `e2e` (each in a namespace of its own).
 * Further arguments select files by a part of their path. Node 20 takes no glob patterns, so the files are listed here.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const [kind = 'unit', ...wanted] = process.argv.slice(2);
const isWanted = (file: string) => wanted.length === 0 || wanted.some((part) => file.includes(part));
const all = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((name) => join('test', name))
  .filter((file) => file.endsWith('.test.ts') && isWanted(file))
  .sort();
const e2eFolders = ['e2e', 'attacks'].map((name) => join('test', name, '/'));
const isE2e = (file: string) => e2eFolders.some((folder) => file.startsWith(folder));

/** The exit status, 1 for a signal. */
function run(command: string, args: readonly string[]): number {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error !== undefined) throw error;
  return status ?? 1;
}

const maxBeds = availableParallelism() + 1;
const nodeArgs = ['--import', 'tsx'];
const files = all.filter((file) => isE2e(file) === (kind === 'e2e'));
if (files.length === 0) throw new Error(`no test file matches ${wanted.join(' ')}`);

/**
 * Several beds at a time: most of their time is spent waiting for Tor. What a file prints stays together, in the order in
 * which files end.
 */
async function runEach(): Promise<number> {
  const waiting = [...files];
  const failed: string[] = [];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
      if ((await runInNamespace(file)) !== 0) failed.push(file);
  };
  await Promise.all(Array.from({ length: maxBeds }, work));
  if (failed.length > 0) process.stderr.write(`failed: ${failed.join(' ')}\n`);
  return failed.length === 0 ? 0 : 1;
}

async function runInNamespace(file: string): Promise<number> {
  const test = [process.execPath, ...nodeArgs, '--test', file];
  const args = [...nodeArgs, 'test/e2e/bed/enter-namespace.ts', '--', ...test];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void output.push(chunk));
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  process.stdout.write(Buffer.concat([Buffer.from(`# ${file}\n`), ...output]));
  return status;
}

switch (kind) {
  case 'unit':
    process.exitCode = run(process.execPath, [...nodeArgs, 'scripts/import-tests.ts', ...files]);
    break;
  case 'coverage':
    process.exitCode = run('c8', [process.execPath, ...nodeArgs, 'scripts/import-tests.ts', ...files]);
    break;
  case 'e2e':
    process.exitCode = await runEach();
    break;
  default:
    throw new Error(`unknown kind of test ${JSON.stringify(kind)}: say unit, coverage or e2e`);
}
