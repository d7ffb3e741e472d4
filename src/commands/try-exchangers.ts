/** Tries whether an exchanger of a set takes a session now, as far as EHLO, without mail. */
import type { Config } from '../config/schema.ts';
import { openSession } from '../delivery/open-session.ts';
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { dialThroughSocks } from '../net/dial-socks.ts';
import { defaultTimeoutsMs } from '../net/smtp-timeouts.ts';
import { type Exchanger, type ExchangerSet, formatExchanger } from '../protocol/exchanger.ts';
import { oneTimeKeyOf } from '../tor/isolation-keys.ts';
import { socksOf } from './socks-of.ts';

/**
 * Resolves with the last failure when all fail. Each is tried on a circuit that nobody else is on: a bad circuit must not stand
 * for a bad onion.
 */
export function openTries(
  config: Config,
  log: Log,
): (set: ExchangerSet) => Promise<OnionmxError | undefined> {
  const { heloName, connectTimeoutMs } = config.delivery;
  const dialExchanger = (exchanger: Exchanger) => {
    const target = { host: exchanger.onionAddress, port: exchanger.port };
    return dialThroughSocks(socksOf(config), target, oneTimeKeyOf(exchanger), connectTimeoutMs);
  };
  const open = async (exchanger: Exchanger) =>
    openSession(await dialExchanger(exchanger), exchanger, { heloName, timeoutsMs: defaultTimeoutsMs });
  return async (set) => {
    let failure: OnionmxError | undefined;
    for (const exchanger of set) {
      const tried = await open(exchanger).catch(toOnionmxError);
      if (!(tried instanceof OnionmxError)) {
        void tried.close();
        return undefined;
      }
      // no mail waits for a try: its failure is no news at each time
      log.debug({ exchanger: formatExchanger(exchanger), ...errorFields(tried) }, 'exchanger failed');
      failure = tried;
    }
    return failure;
  };
}
