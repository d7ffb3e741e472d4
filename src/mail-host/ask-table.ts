/** Asks one table of Postfix's one question (postmap(1), `-q`). */
import { ProgramFailure, runProgram } from './run-program.ts';

/** undefined: it has no answer. Rejects when the table cannot be asked. */
export async function askTable(
  table: string,
  key: string,
  postmapArgs: readonly string[],
): Promise<string | undefined> {
  try {
    return (await runProgram('postmap', [...postmapArgs, '-q', key, table])).trim();
  } catch (cause) {
    if (meansNotFound(cause)) return undefined;
    throw cause;
  }
}

/** "not found" is a failure without a word, or with warnings alone: such as that an index is older than its source. */
export function meansNotFound(cause: unknown): boolean {
  if (!(cause instanceof ProgramFailure)) return false;
  return cause.isSilent || cause.message.split('\n').every((line) => line.startsWith('postmap: warning: '));
}
