/** Works through a list, some at a time. */

/** Rejects with the first failure, after which nothing new is begun. */
export async function forEachBounded<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  // all workers take from it; a failure takes away what is left
  const left = [...items].map((item) => ({ item }));
  const workThrough = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      await work(next.item).catch((error: unknown) => {
        left.length = 0;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, workThrough));
}
