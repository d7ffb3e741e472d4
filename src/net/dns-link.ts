/** What all ways to ask have in common that keep a connection: a link, on which several questions wait at a time. */
import { OnionmxError } from '../errors.ts';
import type { DnsQuestion } from '../protocol/dns-query.ts';

export interface DnsLink {
  /** Throws `connection-timeout`, `connection-lost` and `dns-malformed`. */
  ask(question: DnsQuestion, timeoutMs: number): Promise<Buffer>;
  /** False when it is lost, or has kept silent for as long as a question waits: then no more is asked on it. */
  readonly isUsable: boolean;
  /** How many questions wait. */
  readonly waitingCount: number;
  /** Questions that still wait throw `connection-lost`. */
  close(): void;
}

/** More than any honest answer has; a bound on what a hostile one can make us read. */
export const maxAnswerBytes = 16_384;

export function tooLate(peer: string, timeoutMs: number): OnionmxError {
  return new OnionmxError('connection-timeout', `${peer} did not answer within ${timeoutMs} ms`);
}

export function lostBeforeAnswer(peer: string, cause?: unknown): OnionmxError {
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  return new OnionmxError('connection-lost', `${peer} closed before its answer was whole${why}`, { cause });
}
