/** Tries the exchangers of a set one after the other (RFC 5321 §5.1: the next when one does not answer). */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { type Exchanger, formatExchanger } from '../protocol/exchanger.ts';

interface Trying<Result> {
  /** Each once. */
  readonly exchangers: readonly Exchanger[];
  readonly attempt: (exchanger: Exchanger) => Promise<Result>;
  /** No further one is tried when this time is over. */
  readonly timeMs: number;
  readonly log: Log;
}

/** What the first attempt that succeeds gives; throws the failure of the last one, with the others' reasons in its text. */
export async function tryInOrder<Result>({
  exchangers,
  attempt,
  timeMs,
  log,
}: Trying<Result>): Promise<Result> {
  const untilMs = performance.now() + timeMs;
  const failures: OnionmxError[] = [];
  for (const exchanger of exchangers) {
    if (failures.length > 0 && performance.now() > untilMs) break;
    try {
      return await attempt(exchanger);
    } catch (thrown) {
      const failure = toOnionmxError(thrown);
      log.info({ exchanger: formatExchanger(exchanger), ...errorFields(failure) }, 'exchanger failed');
      failures.push(failure);
    }
  }
  throw summarise(failures, exchangers.length);
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
