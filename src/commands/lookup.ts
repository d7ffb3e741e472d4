/** `onionmx lookup <address|domain>`: what would happen to this mail and why, step by step. Changes nothing. */
import type { Config } from '../config/schema.ts';
import type { Log } from '../log.ts';
import { createKeyAnswerer, type LookupAnswer } from '../lookup/answer-key.ts';
import { domainOfKey } from '../lookup/domain-of-key.ts';
import { type ExchangerSet, endpointNameOf, formatExchanger } from '../protocol/exchanger.ts';
import type { Decision, Route } from '../routing/route.ts';
import { exitCode } from './exit-code.ts';
import { formatJson } from './json.ts';
import { nexthopOf } from './nexthop.ts';
import { routeOnce } from './open-router.ts';

interface Explanation {
  readonly key: string;
  readonly decision: Decision | undefined;
  readonly answer: LookupAnswer;
}

export interface LookupOptions {
  readonly key: string;
  readonly json: boolean;
  readonly config: Config;
  readonly log: Log;
}

/** Prints the explanation; the exit code says whether the mail can go: 68 when it is refused, 75 when it waits. */
export async function runLookupCommand(options: LookupOptions, out: (text: string) => void): Promise<number> {
  const explanation = await explain(options);
  out(options.json ? formatJson(toJson(explanation)) : toText(explanation));
  return exitCodeOf(explanation);
}

async function explain({ key, config, log }: LookupOptions): Promise<Explanation> {
  const found = domainOfKey(key);
  const decision = found.kind === 'domain' ? await routeOnce(found.domain, config, log) : undefined;
  const answerKey = createKeyAnswerer({
    route: (domain) => (decision === undefined ? routeOnce(domain, config, log) : Promise.resolve(decision)),
    nexthopFor: async (exchangers) => nexthopOf(config, endpointNameOf(exchangers)),
    now: () => performance.now(),
    log,
  });
  return { key, decision, answer: await answerKey(key) };
}

function toText({ key, decision, answer }: Explanation): string {
  const steps = decision?.steps.map(({ asked, answer: said }) => `  ${asked.padEnd(15)}  ${said}`) ?? [];
  const exchangers = decision?.route.kind === 'onion' ? exchangerLines(decision.route.exchangers) : [];
  const verdict = decision === undefined ? [] : [`Route: ${describeRoute(decision.route)}`];
  return `${[key, ...steps, ...verdict, ...exchangers, `Postfix gets: ${describeAnswer(answer)}`].join('\n')}\n`;
}

function exchangerLines(exchangers: ExchangerSet): string[] {
  return exchangers.map(
    (exchanger) =>
      `  ${formatExchanger(exchanger)}, priority ${exchanger.priority}, weight ${exchanger.weight}`,
  );
}

function describeRoute(route: Route): string {
  switch (route.kind) {
    case 'onion':
      return `over the onion, on the evidence "${route.evidence}"; exchangers, the preferred first:`;
    case 'clearnet':
      return `clear net, as if onionmx were not there: ${route.reason}`;
    case 'defer':
      return `the mail waits in the queue (${route.status}): ${route.reason}`;
    case 'reject':
      return `the mail is refused (${route.status}): ${route.reason}`;
  }
}

function describeAnswer(answer: LookupAnswer): string {
  switch (answer.kind) {
    case 'found':
      return answer.value;
    case 'not-found':
      return `not found (${answer.reason})`;
    case 'try-again':
      return `"try again" (${answer.reason})`;
  }
}

function toJson({ key, decision, answer }: Explanation) {
  return { key, steps: decision?.steps ?? [], route: decision?.route ?? null, answer };
}

function exitCodeOf({ decision, answer }: Explanation): number {
  if (answer.kind === 'try-again') return exitCode.temporary;
  if (decision?.route.kind === 'defer') return exitCode.temporary;
  const isRefused = decision?.route.kind === 'reject' || (decision === undefined && answer.kind === 'found');
  return isRefused ? exitCode.noHost : exitCode.ok;
}
