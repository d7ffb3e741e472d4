/** Wires the setting `outage`: who tells the watch of deliveries, how it tries exchangers and Tor, and how often. */
import type { Config } from '../config/schema.ts';
import { observeSessions } from '../delivery/observe-sessions.ts';
import type { SessionSource } from '../delivery/session.ts';
import type { Log } from '../log.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { createDomainPolicy } from '../routing/domain-policy.ts';
import type { ClearNetAfter } from '../routing/outage/outage-rule.ts';
import { type ApplyOutage, createOutageStep } from '../routing/outage/outage-step.ts';
import { createOutageWatch } from '../routing/outage/outage-watch.ts';
import { askForNobody } from './ask-for-nobody.ts';
import { forEachBounded } from './run-bounded.ts';
import { repeat } from './repeat.ts';
import { openTries } from './try-exchangers.ts';

interface OpenedOutage {
  readonly applyOutage: ApplyOutage;
  /** The same sessions; the watch hears how they begin. */
  readonly observe: (sessions: SessionSource) => SessionSource;
  readonly stop: () => void;
}

/** How many exchanger sets are tried at a time. */
const triesAtOnce = 4;

/** undefined: no mail ever takes the clear net because of an outage, so nothing is watched. */
export function openOutage(config: Config, log: Log): OpenedOutage | undefined {
  if (!isInUse(config)) return undefined;
  const watch = createOutageWatch({
    isTorWell: async () => (await askForNobody(config)).kind === 'answers',
    tryExchangers: openTries(config, log),
    now,
    log,
  });
  const tryAll = () => forEachBounded(watch.listConfirmed(), triesAtOnce, (set) => watch.check(set));
  const repeating = repeat(tryAll, config.outage.tryEveryMs);
  return {
    applyOutage: createOutageStep({ clearNetAfter: clearNetAfterOf(config), watch, now, clock: Date.now }),
    observe: (sessions) => observeSessions(sessions, watch),
    stop: () => repeating.stop(),
  };
}

export function clearNetAfterOf({ outage }: Config): (domain: DomainName) => ClearNetAfter {
  const { clearNetAfterMs, clearNetAfterMsFor } = outage;
  return createDomainPolicy<ClearNetAfter, (typeof clearNetAfterMsFor)[number]>(
    clearNetAfterMs,
    clearNetAfterMsFor,
    (exception) => exception.clearNetAfterMs,
  );
}

function isInUse({ outage }: Config): boolean {
  return [outage, ...outage.clearNetAfterMsFor].some(({ clearNetAfterMs }) => clearNetAfterMs !== 'never');
}

function now(): number {
  return performance.now();
}
