/** What Postfix's tables say of everybody, and whether Postfix runs (postmap(1), postfix(1)). */
import { askTable } from './ask-table.ts';
import { runProgram } from './run-program.ts';

/** An address that nobody has (RFC 2606 §2). `*` is no such question: Postfix asks it after all others, of all tables. */
const nobody = 'nobody@onionmx.invalid';

/** The first of the tables that has an answer for every address. A table that cannot be asked has none. */
export async function findCatchAll(
  tables: readonly string[],
  folderArgs: readonly string[],
): Promise<string | undefined> {
  for (const table of tables) {
    const answer = await askTable(table, nobody, folderArgs).catch(() => undefined);
    if (answer !== undefined && answer !== '') return table;
  }
  return undefined;
}

export async function isPostfixRunning(folderArgs: readonly string[]): Promise<boolean> {
  return runProgram('postfix', [...folderArgs, 'status']).then(
    () => true,
    () => false,
  );
}
