/** A connection whose client is a script: what it sends is known before, what it is told is kept. */
import { OnionmxError } from '../../src/errors.ts';
import type { Connection } from '../../src/net/connection.ts';

interface Script {
  /** What the client sends, one read each. */
  readonly sends: readonly string[];
  /** What it does then: end its side, stay silent, or break off. */
  readonly ending: 'ends' | 'is silent' | 'breaks off';
  /** true: it takes none of our bytes. */
  readonly isDeaf?: boolean;
}

export interface FakeConnection extends Connection {
  /** What was written to the client, one entry a write. */
  readonly writes: string[];
  readonly isDestroyed: boolean;
}

export function createFakeConnection({ sends, ending, isDeaf = false }: Script): FakeConnection {
  const left = [...sends];
  const writes: string[] = [];
  let isDestroyed = false;
  return {
    peer: 'a fake client',
    writes,
    get isDestroyed() {
      return isDestroyed;
    },
    closed: Promise.resolve(),
    async read(timeoutMs) {
      const next = left.shift();
      if (next !== undefined) return Buffer.from(next);
      if (ending === 'ends') return null;
      if (ending === 'breaks off') throw new OnionmxError('connection-lost', 'the fake client is gone');
      throw new OnionmxError('connection-timeout', `the fake client sent nothing for ${timeoutMs} ms`);
    },
    async write(bytes, timeoutMs) {
      if (isDeaf)
        throw new OnionmxError('connection-timeout', `the fake client took no data for ${timeoutMs} ms`);
      writes.push(Buffer.from(bytes).toString());
    },
    unread: () => {},
    end: () => {},
    destroy: () => {
      isDestroyed = true;
    },
  };
}
