/**
 * The first mail to an exchanger that this Tor has never talked to: descriptor, introduction, rendezvous, then SMTP.
 * Beside it a bare SOCKS connect to the same onion by a Tor of its own, with three round trips of an echo on top: banner, EHLO,
 * and a message in one flight.
 */
import { askEcho } from '../ask-echo.ts';
import type { Contestant } from '../contestant.ts';
import { clearQueue, deliver } from '../deliver.ts';
import { composeMessage } from '../hand-in.ts';
import { onionPorts } from '../ports.ts';
import { domainCount, domainName } from '../postfix-plans.ts';
import { type CaseContext, takeTurns, type Turn } from '../run-case.ts';
import { median } from '../statistics.ts';

const message = composeMessage(2000);
const timeoutMs = 60_000;
const roundTripsInOneMail = 3;

export async function measureCold(context: CaseContext): Promise<void> {
  const { bed, plan } = context;
  const each = plan.quick ? 1 : 3;
  let lastSetting = '';
  await takeTurns(context, [0, 300, 800], bed.contestants, async (contestant, turn) => {
    const isNewSetting = turn.setting !== lastSetting;
    lastSetting = turn.setting;
    if (isNewSetting) await bed.forgetCircuits();
    for (let index = 0; index < each; index += 1) {
      const number = (turn.round * each + index) % domainCount;
      if (contestant === bed.contestants[0]) await measureBare(turn, number);
      await measureMail(contestant, turn, number);
    }
  });
}

async function measureMail(contestant: Contestant, turn: Turn, number: number): Promise<void> {
  const mail = { recipient: `bob@${domainName(number)}`, message };
  const { ms, sent, deferred, queuedMs } = await deliver(contestant, [mail], { timeoutMs });
  const { setting, results } = turn;
  if (sent === 0) {
    results.complain(
      `cold, ${setting}, ${contestant.name}: a mail was not there after ${timeoutMs / 1000} s`,
    );
    await clearQueue(contestant);
    return;
  }
  const notes = { 'in the queue, ms': median(queuedMs), 'failed tries': deferred };
  results.add({ case: 'cold', setting, who: contestant.name, value: ms, notes });
}

async function measureBare({ bed, setting, results }: Turn, number: number): Promise<void> {
  const startedMs = performance.now();
  const onion = bed.onions.domainOnions[number] ?? bed.onions.mainOnion;
  try {
    const socket = await bed.openRawStream(onion, onionPorts.echo.onion);
    const connectMs = performance.now() - startedMs;
    const echoes: number[] = [];
    for (let count = 0; count < 3; count += 1) echoes.push(await askEcho(socket));
    socket.destroy();
    const value = connectMs + roundTripsInOneMail * median(echoes);
    const notes = { 'connect, ms': connectMs, 'echo, ms': median(echoes) };
    results.add({ case: 'cold', setting, who: bareConnect, value, notes });
  } catch (error) {
    results.complain(`cold, ${setting}, ${bareConnect}: ${String(error)}`);
  }
}

export const bareConnect = 'bare connect and 3 round trips';
