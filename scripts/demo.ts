/**
 * `npm run demo`: one message from alice@sender.test to bob@example.test over a real onion service, and what there is to
 * see of it. As root it starts itself again in a namespace of its own (test/e2e/bed/enter-namespace.ts), where nothing
 * can leave and nothing is left behind; what it cannot use here it does without, and says so.
 */
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runInNamespace } from '../test/e2e/bed/enter-namespace.ts';
import { wholePath } from '../test/e2e/bed/find-program.ts';
import { explainMissingTor, findBuiltInReason } from './demo/choose-bed.ts';
import { canIsolate, isInside } from './own-namespace.ts';
import { runDemo } from './demo/run-demo.ts';
import { outerPidVariable } from './demo/play.ts';
import { readArguments, usage } from './demo/read-arguments.ts';

const exitCode = { ok: 0, failed: 1, usage: 64, unavailable: 69 } as const; // sysexits.h

async function main(args: readonly string[]): Promise<number> {
  const wish = readArguments(args);
  if (wish.kind === 'help') {
    process.stdout.write(usage);
    return exitCode.ok;
  }
  if (wish.kind === 'wrong') {
    process.stderr.write(`demo: ${wish.complaint}\n\n${usage}`);
    return exitCode.usage;
  }
  process.chdir(join(import.meta.dirname, '..')); // the bed runs dist/main.js
  process.env['PATH'] = wholePath();
  const missingTor = explainMissingTor();
  if (missingTor !== undefined) {
    process.stderr.write(`demo: ${missingTor}\n`);
    return exitCode.unavailable;
  }
  if (!isInside() && canIsolate()) return startInside(args);
  const isDone = await runDemo({ keep: wish.keep, builtInReason: findBuiltInReason() });
  return isDone ? exitCode.ok : exitCode.failed;
}

function startInside(args: readonly string[]): Promise<number> {
  process.env[outerPidVariable] = String(process.pid);
  const script = fileURLToPath(import.meta.url);
  return runInNamespace(process.execPath, ['--import', 'tsx', script, ...args]);
}

process.exit(await main(process.argv.slice(2)));
