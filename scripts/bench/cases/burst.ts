/** Many mails at once: 200 to one domain, or 20 to each of 20 domains. Also what the delivering processes use meanwhile. */
import type { Contestant } from '../contestant.ts';
import { clearQueue, deliver } from '../deliver.ts';
import { composeMessage, type Mail } from '../hand-in.ts';
import { domainCount, domainName, mainDomain } from '../postfix-plans.ts';
import type { CaseName } from '../read-arguments.ts';
import { type CaseContext, takeTurns, type Turn } from '../run-case.ts';
import { watchProcesses } from '../watch-processes.ts';

const message = composeMessage(10_000);
/** What is not sent by then is given up: torsocks -i can take many minutes. */
const timeoutMs = 40_000;
const handInConnections = 8;

export async function measureBurst(context: CaseContext): Promise<void> {
  const count = context.plan.quick ? 40 : 200;
  const mails = Array.from({ length: count }, (_, index) => compose(`${index}@${mainDomain}`));
  const all = [context.bed.direct, ...context.bed.contestants];
  await takeTurns(context, [0, 300], all, (contestant, turn) => measure('burst', mails, contestant, turn));
}

/** Circuits to all domains are new, for every contestant and in every round. */
export async function measureDomains(context: CaseContext): Promise<void> {
  const each = context.plan.quick ? 2 : 20;
  const mails = Array.from({ length: each * domainCount }, (_, index) =>
    compose(`${index}@${domainName(index % domainCount)}`),
  );
  const all = [context.bed.direct, ...context.bed.contestants];
  await takeTurns(context, [300], all, async (contestant, turn) => {
    if (contestant === all[0]) await turn.bed.forgetCircuits();
    await measure('domains', mails, contestant, turn);
  });
}

function compose(recipient: string): Mail {
  return { recipient, message };
}

async function measure(
  name: CaseName,
  mails: readonly Mail[],
  contestant: Contestant,
  { results, setting }: Turn,
): Promise<void> {
  const [own, tor] = [
    contestant.deliverers,
    () => (contestant.tor === undefined ? [] : [contestant.tor.pid()]),
  ];
  const watches = { own: watchProcesses(own), tor: watchProcesses(tor) };
  const { ms, sent, deferred, lastFailure } = await deliver(contestant, mails, {
    connections: handInConnections,
    timeoutMs,
  });
  const usage = { own: watches.own.stop(), tor: watches.tor.stop() };
  const isWhole = sent === mails.length;
  const seconds = (isWhole ? ms : timeoutMs) / 1000;
  const notes = {
    seconds,
    'not sent': mails.length - sent,
    'failed tries': deferred,
    processes: usage.own.processes,
    'RSS MB': usage.own.rssMb,
    'PSS MB': usage.own.pssMb,
    'CPU ms a mail': usage.own.cpuMs / Math.max(1, sent),
    'CPU ms a mail, Tor': usage.tor.cpuMs / Math.max(1, sent),
  };
  results.add({ case: name, setting, who: contestant.name, value: sent / seconds, notes });
  if (lastFailure !== undefined)
    results.complain(
      `${name}, ${setting}, ${contestant.name}: ${deferred} tries failed, the last: ${shorten(lastFailure)}`,
    );
  if (!isWhole) await clearQueue(contestant);
}

/** From Postfix's reason on. */
function shorten(line: string): string {
  return line.slice(Math.max(0, line.indexOf('status='))).slice(0, 160);
}
