/** Follows the log of a Postfix instance, and tells of each delivery as soon as its line is there. */
import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface DeliveryLine {
  readonly queueId: string;
  readonly isSent: boolean;
  /** When the line was seen, on the clock of performance.now(). */
  readonly seenMs: number;
  /** How long it was in Postfix's own hands before (delays=a/b, to two digits). */
  readonly queuedMs: number;
  readonly text: string;
}

export interface FollowedLog {
  /** All lines about deliveries since the last call; waits a moment when there are none yet. */
  readonly next: () => Promise<DeliveryLine[]>;
  readonly stop: () => void;
}

const pollMs = 3;

/** From its end on. */
export function followLog(path: string): FollowedLog {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(1024 * 1024);
  let rest = '';
  const readMore = (): string => {
    const count = readSync(file, buffer);
    return buffer.toString('utf8', 0, count);
  };
  while (readMore() !== '');
  return {
    next: async () => {
      const text = readMore();
      if (text === '') await delay(pollMs);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      const seenMs = performance.now();
      return lines.map((line) => parseLine(line, seenMs)).filter((line) => line !== undefined);
    },
    stop: () => closeSync(file),
  };
}

function parseLine(text: string, seenMs: number): DeliveryLine | undefined {
  const found = /: (\w+): to=<.*?>.*? delays=([\d.]+)\/([\d.]+)\/[\d.]+\/[\d.]+,.*? status=(\w+)/.exec(text);
  if (found === null) return undefined;
  const [, queueId = '', before, queued, status] = found;
  return {
    queueId,
    isSent: status === 'sent',
    seenMs,
    queuedMs: (Number(before) + Number(queued)) * 1000,
    text,
  };
}
