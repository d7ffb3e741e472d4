/** Which known key was meant by a mistyped one. */

/** The known key with the fewest changed letters (Levenshtein distance, case aside), if it is near enough to be meant. */
export function findNearestKey(unknownKey: string, knownKeys: readonly string[]): string | undefined {
  const maxChanges = Math.max(1, Math.floor(unknownKey.length / 3));
  const [nearest] = knownKeys
    .map((key) => ({ key, changes: countChanges(unknownKey.toLowerCase(), key.toLowerCase()) }))
    .filter(({ changes }) => changes <= maxChanges)
    .toSorted((one, other) => one.changes - other.changes);
  return nearest?.key;
}

/** How many letters to insert, drop or replace; row by row, `row[i]` for the first i letters of `to`. */
function countChanges(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const letter of from) row = nextRow(row, letter, to);
  return row.at(-1) ?? 0;
}

function nextRow(above: readonly number[], letter: string, to: string): number[] {
  const row = [(above[0] ?? 0) + 1];
  for (let index = 0; index < to.length; index++) {
    const replaced = (above[index] ?? 0) + (to.charAt(index) === letter ? 0 : 1);
    row.push(Math.min(replaced, (above[index + 1] ?? 0) + 1, (row[index] ?? 0) + 1));
  }
  return row;
}
