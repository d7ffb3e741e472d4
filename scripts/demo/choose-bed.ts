/** What the demo can use on this machine: a namespace, Postfix and name servers, or only what it brings itself. */
import { missingPackages } from '../../test/e2e/bed/bed-availability.ts';
import { findProgram } from '../../test/e2e/bed/find-program.ts';
import { isInside, isRoot } from '../own-namespace.ts';

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
