/**
 * Covers /etc or /var of this machine, in the mount namespace of a bed: everything is seen as before, and what is written lies in
 * the bed's folder. A package that was unpacked beside the system can be laid over it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

/** packageRoot: where the package was unpacked; undefined: none. */
export async function coverFolder(
  bedFolder: string,
  name: 'etc' | 'var',
  packageRoot?: string,
): Promise<void> {
  const [upper, work] = [join(bedFolder, name), join(bedFolder, `${name}.work`)];
  await mkdir(upper, { recursive: true });
  await mkdir(work);
  const lower = packageRoot === undefined ? `/${name}` : `${packageRoot}/${name}:/${name}`;
  const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await runProgram('mount', ['-t', 'overlay', '-o', layers, 'overlay', `/${name}`]);
}
