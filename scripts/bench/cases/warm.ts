/** Single mails, one by one, to an exchanger that has just been talked to; before each an echo on the same circuit. */
import { askEcho } from '../ask-echo.ts';
import type { Contestant } from '../contestant.ts';
import { clearQueue, deliver } from '../deliver.ts';
import { composeMessage } from '../hand-in.ts';
import { onionPorts } from '../ports.ts';
import { mainDomain } from '../postfix-plans.ts';
import { type CaseContext, takeTurns, type Turn } from '../run-case.ts';
import { median } from '../statistics.ts';

const mail = { recipient: `bob@${mainDomain}`, message: composeMessage(2000) };
const timeoutMs = 60_000;
/** A round trip of nearly a second makes ten mails long: then fewer. */
const turnMs = 12_000;

export async function measureWarm(context: CaseContext): Promise<void> {
  const most = context.plan.quick ? 3 : 10;
  await takeTurns(context, [0, 300, 800], context.bed.contestants, async (contestant, turn) => {
    const echo = await contestant.openStream(turn.bed.onions.mainOnion, onionPorts.echo.onion);
    try {
      await deliver(contestant, [mail], { timeoutMs }); // warms it
      await askEcho(echo);
      const startedMs = performance.now();
      for (let count = 0; count < most && performance.now() - startedMs < turnMs; count += 1) {
        const value = await askEcho(echo);
        turn.results.add({ case: 'warm', setting: turn.setting, who: echoOf(contestant.name), value });
        await measureMail(contestant, turn);
      }
    } finally {
      echo.destroy();
    }
  });
}

async function measureMail(contestant: Contestant, { setting, results }: Turn): Promise<void> {
  const { ms, sent, queuedMs } = await deliver(contestant, [mail], { timeoutMs });
  if (sent === 0) {
    results.complain(
      `warm, ${setting}, ${contestant.name}: a mail was not there after ${timeoutMs / 1000} s`,
    );
    await clearQueue(contestant);
    return;
  }
  const notes = { 'in the queue, ms': median(queuedMs) };
  results.add({ case: 'warm', setting, who: contestant.name, value: ms, notes });
}

export function echoOf(name: string): string {
  return `echo beside ${name}`;
}
