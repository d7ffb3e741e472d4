/** Tries whether an exchanger of a set takes a session now, as far as EHLO, without mail. */
import type { Config } from '../config/schema.ts';
import { createSessionSource } from '../delivery/session-source.ts';
import { OnionmxError, toOnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import { dialThroughSocks } from '../net/dial-socks.ts';
import type { Exchanger, ExchangerSet } from '../protocol/exchanger.ts';
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
  const sessions = createSessionSource({
    dialExchanger,
    orderExchangers: inTheirOrder,
    heloName,
    log: quieten(log),
  });
  return async (set) => {
    let failure: OnionmxError | undefined;
    for (const exchanger of set) {
      const tried = await sessions.acquire([exchanger]).catch(toOnionmxError);
      if (tried instanceof OnionmxError) {
        failure = tried;
        continue;
      }
      sessions.release(tried);
      return undefined;
    }
    return failure;
  };
}

/** No mail waits for a try: its failure is no news at each time. */
function quieten(log: Log): Log {
  return {
    debug: (fields, event) => log.debug(fields, event),
    info: (fields, event) => log.debug(fields, event),
    warn: (fields, event) => log.warn(fields, event),
    error: (fields, event) => log.error(fields, event),
  };
}

function inTheirOrder(set: ExchangerSet): readonly Exchanger[] {
  return set;
}
