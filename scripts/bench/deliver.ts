/** Hands mails in and waits until Postfix says of each that it was sent, or until the time is over. */
import type { Contestant } from './contestant.ts';
import { type DeliveryLine, followLog } from './follow-log.ts';
import { handIn, type Mail } from './hand-in.ts';
import { runProgram } from '../../test/e2e/bed/run-program.ts';

export interface Delivered {
  /** From the first mail's last byte to the last line that says `sent`. */
  readonly ms: number;
  readonly sent: number;
  /** Tries that failed and were made again. */
  readonly deferred: number;
  /** Of each mail that was sent, how long Postfix kept it before somebody delivered. */
  readonly queuedMs: readonly number[];
  /** The last line that says that a mail was not sent. */
  readonly lastFailure: string | undefined;
}

export interface DeliverOptions {
  readonly connections?: number;
  readonly timeoutMs: number;
}

export async function deliver(
  contestant: Contestant,
  mails: readonly Mail[],
  { connections = 1, timeoutMs }: DeliverOptions,
): Promise<Delivered> {
  const log = followLog(contestant.postfix.logPath);
  const lines: DeliveryLine[] = [];
  const startedMs = performance.now();
  const handed = handIn(contestant.smtpPort, mails, connections);
  handed.catch(() => {}); // awaited below
  const isOver = () => performance.now() - startedMs > timeoutMs;
  try {
    const countSent = () => lines.filter(({ isSent }) => isSent).length;
    while (countSent() < mails.length && !isOver()) lines.push(...(await log.next()));
  } finally {
    log.stop();
  }
  const all = await handed;
  return summarise(Math.min(...all.map(({ atMs }) => atMs)), all.length, lines);
}

function summarise(firstMs: number, count: number, lines: readonly DeliveryLine[]): Delivered {
  const sent = lines.filter(({ isSent }) => isSent).slice(0, count);
  const failures = lines.filter(({ isSent }) => !isSent);
  return {
    ms: (sent.at(-1)?.seenMs ?? Number.NaN) - firstMs,
    sent: sent.length,
    deferred: failures.length,
    queuedMs: sent.map(({ queuedMs }) => queuedMs),
    lastFailure: failures.at(-1)?.text,
  };
}

/** Gives up what is still in the queue, and ends the processes that work on it. */
export async function clearQueue({ postfix }: Contestant): Promise<void> {
  await postfix.stop();
  await runProgram('postsuper', ['-c', postfix.configDirectory, '-d', 'ALL']);
  await postfix.start();
}
