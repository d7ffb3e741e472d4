/** Opens a session with the first exchanger of a set that takes one (RFC 5321 §5.1: try the next when one does not answer). */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { Connection } from '../net/connection.ts';
import { type Exchanger, type ExchangerSet, formatExchanger } from '../protocol/exchanger.ts';
import { openSession } from './open-session.ts';
import type { SessionSource } from './session.ts';
import { defaultTimeoutsMs, type SmtpTimeoutsMs } from '../net/smtp-timeouts.ts';

export interface SessionSourceOptions {
  readonly dialExchanger: (exchanger: Exchanger) => Promise<Connection>;
  /** In which order to try them now, each once. */
  readonly orderExchangers: (exchangers: ExchangerSet) => readonly Exchanger[];
  readonly heloName: string;
  readonly timeoutsMs?: SmtpTimeoutsMs;
  readonly log: Log;
}

/** One session for each `acquire`; a released one is closed. */
export function createSessionSource(options: SessionSourceOptions): SessionSource {
  const { dialExchanger, orderExchangers, heloName, timeoutsMs = defaultTimeoutsMs, log } = options;
  const open = async (exchanger: Exchanger) =>
    openSession(await dialExchanger(exchanger), exchanger, { heloName, timeoutsMs });
  return {
    async acquire(exchangers) {
      const untilMs = performance.now() + timeoutsMs.lastAttempt;
      const failures: OnionmxError[] = [];
      for (const exchanger of orderExchangers(exchangers)) {
        if (failures.length > 0 && performance.now() > untilMs) break;
        const opened = await open(exchanger).catch(toOnionmxError);
        if (!(opened instanceof OnionmxError)) return opened;
        log.info({ exchanger: formatExchanger(exchanger), ...errorFields(opened) }, 'exchanger failed');
        failures.push(opened);
      }
      throw summarise(failures, exchangers.length);
    },
    release: (session) => void session.close(),
  };
}

/** The last failure, with the reasons of those before it in its text. */
function summarise(failures: readonly OnionmxError[], setSize: number): OnionmxError {
  const [last, ...earlier] = failures.toReversed();
  if (last === undefined) return new OnionmxError('bug', 'there is no exchanger to try');
  if (setSize === 1) return last;
  const reasons = [...new Set(earlier.map(({ message }) => message))].filter((text) => text !== last.message);
  const untried = setSize - failures.length;
  const message = [
    last.message,
    ...reasons.map((reason) => `before that: ${reason}`),
    ...(untried > 0 ? [`no time was left for ${untried} more of its exchangers`] : []),
  ].join('; ');
  return new OnionmxError(last.code, message, {
    ...(last.hint === undefined ? {} : { hint: last.hint }),
    cause: last,
  });
}
