/** Shows a delivery: what the sending side said, what arrived, how long it took; and what onionmx's commands say. */
import type { Onionmx } from '../../test/e2e/onionmx-process.ts';
import type { SocketmapAnswer } from '../../test/e2e/bed/ask-socketmap.ts';
import type { Delivery, Timing } from './demo-bed.ts';
import { linesOf, showBlock } from './show.ts';

export function showDelivery({ story, received, timings }: Delivery, lookup: SocketmapAnswer): void {
  showBlock(`1. ${story.title}`, story.explanation, story.lines);
  showBlock('2. What arrived', `As it lies at ${received.place}:`, linesOf(received.text));
  const first: Timing = {
    what: 'lookup, before the message and for the first time',
    ms: lookup.ms,
    source: 'the demo, on the socketmap socket',
  };
  showBlock('3. How long it took', 'In milliseconds, and who says so:', [first, ...timings].map(timingLine));
}

/** Runs a command of onionmx, and shows what it prints. */
export async function showCommand(
  onionmx: Onionmx,
  number: number,
  explanation: string,
  [command = '', ...args]: readonly string[],
): Promise<void> {
  const { status, stdout, stderr } = await onionmx.run(command, ...args);
  const called = `onionmx ${[command, ...args].join(' ')}`;
  if (status !== 0) throw new Error(`${called} ended with ${status}\n${stdout}${stderr}`);
  showBlock(`${number}. ${called}`, explanation, linesOf(stdout));
}

function timingLine({ what, ms, source }: Timing): string {
  return `${String(Math.round(ms)).padStart(6)}  ${what.padEnd(50)}  ${source}`;
}
