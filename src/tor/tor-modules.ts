/** What a tor program was built with: `tor --list-modules`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const timeoutMs = 10_000;

/** Proof of work for onion services: tor 0.4.8 and newer, when it was built under the GPL. A tor that does not say has none. */
export async function hasProofOfWorkModule(program: string): Promise<boolean> {
  const answer = await run(program, ['--list-modules'], { timeout: timeoutMs }).catch(() => undefined);
  return listsProofOfWork(answer?.stdout ?? '');
}

/** The output has a line a module: `pow: yes`. */
export function listsProofOfWork(text: string): boolean {
  return /^pow: yes\s*$/m.test(text);
}
