/**
 * Keeps answers as long as DNS allows (RFC 2308 for negative ones, RFC 9520 for failures), at most a fixed number,
 * the least recently used go first. Questions for one key share one query.
 */
import { BoundedMap } from '../bounded-map.ts';

const maxPositiveSeconds = 86_400;
/** RFC 2308 §5: one to three hours. */
const maxNegativeSeconds = 10_800;
/** RFC 9520 §3.2 asks for at least one second. */
const failureSeconds = 5;

/** What the cache has to know of an answer. */
type Perishable =
  | { readonly kind: 'found' | 'none'; readonly ttlSeconds: number }
  | { readonly kind: 'failed' };

interface Entry<Answer> {
  readonly answer: Answer;
  readonly expiresAtMs: number;
}

interface DnsCacheOptions<Key, Answer> {
  readonly maxEntries: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly ask: (key: Key) => Promise<Answer>;
}

/** `ask`, remembered. An answer out of the cache says in `ttlSeconds` how long it still holds. */
export function createDnsCache<Key, Answer extends Perishable>(
  options: DnsCacheOptions<Key, Answer>,
): (key: Key) => Promise<Answer> {
  const { now, ask } = options;
  const entries = new BoundedMap<Key, Entry<Answer>>(options.maxEntries);
  const pending = new Map<Key, Promise<Answer>>();

  async function askAndKeep(key: Key): Promise<Answer> {
    const answer = await ask(key);
    const lifetimeMs = secondsToKeep(answer) * 1000;
    if (lifetimeMs > 0) entries.set(key, { answer, expiresAtMs: now() + lifetimeMs });
    return answer;
  }

  function startAsking(key: Key): Promise<Answer> {
    const asked = askAndKeep(key).finally(() => pending.delete(key));
    pending.set(key, asked);
    return asked;
  }

  /** Sets the entry again, so that it is the last to be dropped. */
  function findFresh(key: Key): Answer | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const leftMs = entry.expiresAtMs - now();
    if (leftMs > 0) {
      entries.set(key, entry);
      return withTimeLeft(entry.answer, leftMs);
    }
    entries.delete(key);
    return undefined;
  }

  return async (key) => {
    return findFresh(key) ?? pending.get(key) ?? startAsking(key);
  };
}

function secondsToKeep(answer: Perishable): number {
  if (answer.kind === 'failed') return failureSeconds;
  return Math.min(answer.ttlSeconds, answer.kind === 'found' ? maxPositiveSeconds : maxNegativeSeconds);
}

function withTimeLeft<Answer extends Perishable>(answer: Answer, leftMs: number): Answer {
  return answer.kind === 'failed' ? answer : { ...answer, ttlSeconds: Math.ceil(leftMs / 1000) };
}
