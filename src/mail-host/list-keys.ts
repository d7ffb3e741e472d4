/** The keys of one of Postfix's tables (postmap(1), `-s`). */
import { runProgram } from './run-program.ts';

/** Types whose entries can be listed. */
const listable = /^(?:hash|btree|lmdb|cdb|dbm|sdbm|texthash|inline)[:{]/;

/** As they are stored; undefined when the table cannot be listed, such as one in a database. */
export async function listKeys(
  table: string,
  postmapArgs: readonly string[],
): Promise<readonly string[] | undefined> {
  const name = table.replace(/^proxy:/, '');
  if (!listable.test(name)) return undefined;
  try {
    const text = await runProgram('postmap', [...postmapArgs, '-s', name]);
    return text
      .split('\n')
      .flatMap((line) => line.split(/\s/).slice(0, 1))
      .filter((key) => key !== '');
  } catch {
    return undefined;
  }
}
