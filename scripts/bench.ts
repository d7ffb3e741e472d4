/**
 * `npm run bench`: onionmx beside Postfix under torsocks, on a private Tor network (docs/performance.md). It starts itself
 * again in a namespace of its own (test/e2e/bed/enter-namespace.ts), where nothing can leave and nothing is left behind.
 */
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { missingPackages } from '../test/e2e/bed/bed-availability.ts';
import { runInNamespace } from '../test/e2e/bed/enter-namespace.ts';
import { findProgram, wholePath } from '../test/e2e/bed/find-program.ts';
import { readArguments, usage } from './bench/read-arguments.ts';
import { runBench } from './bench/run-bench.ts';
import { readPage } from './bench/write-report.ts';
import { canIsolate, isInside } from './own-namespace.ts';

const exitCode = { ok: 0, failed: 1, usage: 64, unavailable: 69 } as const; // sysexits.h

async function main(args: readonly string[]): Promise<number> {
  const wish = readArguments(args);
  if (wish.kind === 'help') {
    process.stdout.write(usage);
    return exitCode.ok;
  }
  if (wish.kind === 'wrong') {
    process.stderr.write(`bench: ${wish.complaint}\n\n${usage}`);
    return exitCode.usage;
  }
  process.chdir(join(import.meta.dirname, '..')); // the bed runs dist/main.js
  process.env['PATH'] = wholePath();
  const obstacle = findObstacle();
  if (obstacle !== undefined) {
    process.stderr.write(`bench: ${obstacle}\n`);
    return exitCode.unavailable;
  }
  const { pageFile } = wish.plan;
  const page = pageFile === undefined ? undefined : await readPage(pageFile).catch(String);
  if (typeof page === 'string') {
    process.stderr.write(`bench: ${page}\n`);
    return exitCode.usage;
  }
  if (!isInside()) {
    const script = fileURLToPath(import.meta.url);
    return runInNamespace(process.execPath, ['--import', 'tsx', script, ...args]);
  }
  return (await runBench(wish.plan)) ? exitCode.ok : exitCode.failed;
}

function findObstacle(): string | undefined {
  const missing = missingPackages(['tor', 'dns', 'postfix']);
  if (findProgram('torsocks') === undefined) missing.push('torsocks');
  if (missing.length > 0)
    return `Debian packages are missing. As root: apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (!isInside() && !canIsolate())
    return 'it needs root, and network namespaces (a container may forbid them)';
  return undefined;
}

process.exit(await main(process.argv.slice(2)));
