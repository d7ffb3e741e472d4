/**
 * How many clients each onion service of ours has had, and when the last one came: who moves to a new address wants to know
 * when nobody uses the old one any more. tor's own numbers (MetricsPort) would be open to all users of this host.
 */
import { z } from 'zod';
import { toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';
import { readStateFile, writeStateFile } from '../state-file.ts';

export interface Traffic {
  /** ISO 8601: counted since then. */
  readonly since: string;
  /** A client uses one circuit for all its sessions, for minutes or hours. */
  readonly circuits: number;
  readonly lastAt: string | null;
}

const fileSchema = z.record(
  z.string(),
  z.object({ since: z.string(), circuits: z.int(), lastAt: z.string().nullable() }),
);

type Counts = Readonly<Record<string, Traffic>>;

/** By onion address. Throws `state-folder`. */
export async function readServiceTraffic(file: string, log: Log): Promise<Counts> {
  return (await readStateFile(file, (json) => fileSchema.parse(json), log, 'leave')) ?? {};
}

export interface ServiceTraffic {
  /** Counts from now on, if it did not before. */
  watch(onionAddress: OnionAddress): void;
  countClient(onionAddress: OnionAddress): void;
  /** Resolves when all is on disk, or the log says why not. */
  flush(): Promise<void>;
}

export interface TrafficOptions {
  readonly file: string;
  readonly now: () => Date;
  /** In a flood of clients the disk is spared: changes within this time share a write. */
  readonly writeEveryMs: number;
  readonly log: Log;
}

export async function openServiceTraffic(options: TrafficOptions): Promise<ServiceTraffic> {
  const { file, now, writeEveryMs, log } = options;
  const counts = new Map(
    Object.entries((await readStateFile(file, (json) => fileSchema.parse(json), log)) ?? {}),
  );
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  function change(onionAddress: OnionAddress, traffic: Traffic): void {
    counts.set(onionAddress, traffic);
    timer ??= setTimeout(write, writeEveryMs);
  }
  function write(): void {
    clearTimeout(timer);
    timer = undefined;
    writing = writing
      .then(() => writeStateFile(file, Object.fromEntries(counts)))
      .catch((error: unknown) => {
        log.error({ ...errorFields(toOnionmxError(error)), file }, 'cannot write how many clients came');
      });
  }
  function known(onionAddress: OnionAddress): Traffic {
    return counts.get(onionAddress) ?? { since: now().toISOString(), circuits: 0, lastAt: null };
  }
  return {
    watch: (onionAddress) => {
      if (!counts.has(onionAddress)) change(onionAddress, known(onionAddress));
    },
    countClient: (onionAddress) => {
      const { since, circuits } = known(onionAddress);
      change(onionAddress, { since, circuits: circuits + 1, lastAt: now().toISOString() });
    },
    flush: () => {
      if (timer !== undefined) write();
      return writing;
    },
  };
}
