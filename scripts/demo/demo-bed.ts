/** What the demo needs of a bed, whichever it is: two Postfix hosts, or the built-in sender and receiver. */
import { dirname, join } from 'node:path';
import type { Onionmx } from '../../test/e2e/onionmx-process.ts';
import type { OutgoingMail } from '../../test/e2e/bed/smtp-client.ts';

export interface DemoBed {
  readonly folder: string;
  readonly onionmx: Onionmx;
  /** The socketmap socket of onionmx. */
  readonly mapSocket: string;
  readonly deliver: (mail: OutgoingMail) => Promise<Delivery>;
  readonly tools: readonly PlayTool[];
  /** Environment variables for who plays with it. */
  readonly variables: Readonly<Record<string, string>>;
  /** What to try: a command line, and what it shows. */
  readonly suggestions: readonly (readonly [command: string, purpose: string])[];
  readonly onStop: (name: string, stop: () => Promise<void>) => void;
  readonly stop: () => Promise<void>;
}

/** A small command for who plays with the bed: a shell script without its first line. */
export interface PlayTool {
  readonly name: string;
  readonly script: string;
}

export interface Delivery {
  /** What the sending side tells of the delivery. */
  readonly story: { readonly title: string; readonly explanation: string; readonly lines: readonly string[] };
  readonly received: { readonly place: string; readonly text: string };
  readonly timings: readonly Timing[];
}

export interface Timing {
  readonly what: string;
  readonly ms: number;
  /** Who measured it. */
  readonly source: string;
}

export type ShowStep = (step: string, elapsedMs: number) => void;

export function onionmxLogOf({ configFile }: Onionmx): string {
  return join(dirname(configFile), 'onionmx.log');
}

/** From onionmx's log: how long the far host took to take the message. */
export async function transactionTiming(onionmx: Onionmx): Promise<Timing> {
  const event = 'the exchanger answered for a recipient';
  const { ms } = await onionmx.waitForLog(({ msg }) => msg === event, event);
  return {
    what: 'message: MAIL, RCPT, text, reply of the far host',
    ms: Number(ms),
    source: "onionmx's log",
  };
}
