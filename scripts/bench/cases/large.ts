/** One mail of 20 MB on a warm circuit, beside as many bytes on a stream of the same circuit, through the same SocksPort. */
import { once } from 'node:events';
import type { Contestant } from '../contestant.ts';
import { clearQueue, deliver } from '../deliver.ts';
import { composeMessage } from '../hand-in.ts';
import { onionPorts } from '../ports.ts';
import { mainDomain } from '../postfix-plans.ts';
import { type CaseContext, takeTurns, type Turn } from '../run-case.ts';
import { watchProcesses } from '../watch-processes.ts';

const timeoutMs = 60_000;
const megabyte = 1_000_000;

export async function measureLarge(context: CaseContext): Promise<void> {
  const bytes = (context.plan.quick ? 4 : 20) * megabyte;
  const message = composeMessage(bytes);
  await takeTurns(context, [0, 300], context.bed.contestants, async (contestant, turn) => {
    const warming = { recipient: `bob@${mainDomain}`, message: composeMessage(2000) };
    await deliver(contestant, [warming], { timeoutMs });
    await measureStream(contestant, turn, message);
    await measureMail(contestant, turn, message);
  });
}

async function measureStream(contestant: Contestant, turn: Turn, message: Buffer): Promise<void> {
  const { bed, setting, results } = turn;
  const socket = await contestant.openStream(bed.onions.mainOnion, onionPorts.sink.onion);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(message.length);
  const startedMs = performance.now();
  socket.write(size);
  socket.write(message);
  await once(socket, 'data', { signal: AbortSignal.timeout(timeoutMs) });
  const seconds = (performance.now() - startedMs) / 1000;
  socket.destroy();
  const value = message.length / megabyte / seconds;
  results.add({ case: 'large', setting, who: streamOf(contestant.name), value });
}

async function measureMail(contestant: Contestant, turn: Turn, message: Buffer): Promise<void> {
  const { setting, results } = turn;
  const watch = watchProcesses(contestant.deliverers);
  const mail = { recipient: `bob@${mainDomain}`, message };
  const { ms, sent } = await deliver(contestant, [mail], { timeoutMs });
  const usage = watch.stop();
  if (sent === 0) {
    results.complain(`large, ${setting}, ${contestant.name}: not there after ${timeoutMs / 1000} s`);
    await clearQueue(contestant);
    return;
  }
  const value = message.length / megabyte / (ms / 1000);
  const notes = { seconds: ms / 1000, 'PSS MB': usage.pssMb, 'CPU ms': usage.cpuMs };
  results.add({ case: 'large', setting, who: contestant.name, value, notes });
}

export function streamOf(name: string): string {
  return `stream beside ${name}`;
}
