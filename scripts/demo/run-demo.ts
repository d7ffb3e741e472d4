/** The demo from its first line to its last: bring up, deliver one message, show, take down. */
import process from 'node:process';
import { readTail } from '../../test/e2e/bed/read-tail.ts';
import { askSocketmap } from '../../test/e2e/bed/ask-socketmap.ts';
import { isInside } from '../own-namespace.ts';
import { composeMail, recipient, sender } from './compose-mail.ts';
import { type DemoBed, onionmxLogOf } from './demo-bed.ts';
import { letPlay } from './play.ts';
import { type Progress, startProgress } from './progress.ts';
import { say, sayTitle } from './show.ts';
import { showCommand, showDelivery } from './show-delivery.ts';
import { startBuiltInBed } from './start-built-in-bed.ts';
import { startPostfixBed } from './start-postfix-bed.ts';

export interface DemoOptions {
  readonly keep: boolean;
  /** Why there is no Postfix; `undefined`: there is. */
  readonly builtInReason: string | undefined;
}

/** Resolves with whether all went well; what did not has been printed. */
export async function runDemo({ keep, builtInReason }: DemoOptions): Promise<boolean> {
  const startedMs = performance.now();
  sayIntroduction(builtInReason);
  const progress = startProgress();
  try {
    const bed = await (builtInReason === undefined ? startPostfixBed : startBuiltInBed)(progress.done);
    try {
      await deliverAndShow(bed, progress);
      if (keep) await letPlay(bed);
    } catch (error) {
      throw addLogTail(error, onionmxLogOf(bed.onionmx));
    } finally {
      await bed.stop();
    }
    say(`\nDone, and all of it taken down, after ${((performance.now() - startedMs) / 1000).toFixed(0)} s.`);
    return true;
  } catch (error) {
    process.stderr.write(`\nThe demo failed: ${messageOf(error)}\n`);
    return false;
  } finally {
    progress.stop();
  }
}

/** Read before the bed is taken down, and its folder with it. */
function addLogTail(error: unknown, logPath: string): Error {
  return new Error(`${messageOf(error)}\n--- the end of onionmx's log\n${readTail(logPath)}`);
}

function sayIntroduction(builtInReason: string | undefined): void {
  sayTitle(`onionmx demo: ${sender} writes to ${recipient}, over a real onion service`);
  say(
    isInside()
      ? 'Tor network and hosts live in a network namespace of their own; nothing leaves this machine.'
      : 'The Tor network lives on loopback ports of this machine; nothing leaves it.',
  );
  if (builtInReason !== undefined) {
    say('Postfix is not used, but a small built-in sender and receiver:');
    say(`  ${builtInReason}`);
  }
  say('\nBringing it up; parts start side by side, most of it in 10 to 30 s');
}

async function deliverAndShow(bed: DemoBed, progress: Progress): Promise<void> {
  const lookup = await askSocketmap(bed.mapSocket, recipient);
  const delivery = await progress.time('the message is delivered', () =>
    bed.deliver(composeMail(new Date())),
  );
  progress.stop();
  showDelivery(delivery, lookup);
  await showCommand(bed.onionmx, 4, 'Why it went there: each step of the decision.', ['lookup', recipient]);
  await showCommand(bed.onionmx, 5, 'Does the far host answer, and how fast: each step in milliseconds.', [
    'probe',
    'example.test',
  ]);
}

/** With the reasons behind it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\nbecause: ${messageOf(error.cause)}`;
}
