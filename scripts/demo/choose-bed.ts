/** What the demo can use on this machine: a namespace, Postfix and name servers, or only what it brings itself. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { missingPackages } from '../../test/e2e/bed/bed-availability.ts';
import { bedRootVariable } from '../../test/e2e/bed/bed-folder.ts';
import { findProgram } from '../../test/e2e/bed/find-program.ts';

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

/** Why the demo cannot use Postfix; `undefined` when it can. */
export function findBuiltInReason(): string | undefined {
  if (!isRoot()) return 'two Postfix hosts need root, and a network namespace';
  const missing = missingPackages(['dns', 'postfix']);
  if (missing.length > 0) return `Debian packages are missing: ${missing.join(' ')}`;
  return isInside() ? undefined : 'this root may not make network namespaces (a container?)';
}

/** `undefined` when tor is here. */
export function explainMissingTor(): string | undefined {
  if (findProgram('tor') !== undefined && findProgram('tor-gencert') !== undefined) return undefined;
  const rest = missingPackages(['dns', 'postfix']);
  const more = rest.length === 0 ? '' : `\nFor two Postfix hosts also: ${rest.join(' ')}`;
  return `there is no demo without tor. As root: apt-get install --no-install-recommends tor${more}`;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
