/** A namespace of its own, for a script that starts what must not reach anything else (test/e2e/bed/enter-namespace.ts). */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { missingPackages } from '../test/e2e/bed/bed-availability.ts';
import { bedRootVariable } from '../test/e2e/bed/bed-folder.ts';

/** Whether this process runs where enter-namespace.ts has put it. */
export function isInside(): boolean {
  return process.env[bedRootVariable] !== undefined;
}

/** Tried out, because root in a container often may not. */
export function canIsolate(): boolean {
  if (!isRoot() || missingPackages([]).length > 0) return false;
  const flags = ['--net', '--mount', '--pid', '--fork', '--mount-proc'];
  return spawnSync('unshare', [...flags, 'true'], { stdio: 'ignore' }).status === 0;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
