/** Wires SMTP sessions to Tor: each exchanger is dialled by name through SOCKS5, on a circuit of its own. */
import type { Config } from '../config/schema.ts';
import { SessionPool } from '../delivery/session-pool.ts';
import { type ErrorCode, OnionmxError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Connection } from '../net/connection.ts';
import { dialThroughSocks } from '../net/dial-socks.ts';
import type { Exchanger, ExchangerSet } from '../protocol/exchanger.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { orderByWeight } from '../protocol/srv-order.ts';
import { IsolationKeys } from '../tor/isolation-keys.ts';

/** Tor was seen to leave every stream with the same key behind one stalled introduction; a new key heals that at once. */
const circuitFailures: ReadonlySet<ErrorCode> = new Set(['onion-timeout', 'onion-connect-failed']);

export function openSessions(config: Config, socks: SocketAddress, log: Log): SessionPool {
  const { heloName, connectTimeoutMs } = config.delivery;
  const keys = new IsolationKeys();
  const dialExchanger = async (exchanger: Exchanger): Promise<Connection> => {
    const target = { host: exchanger.onionAddress, port: exchanger.port };
    const key = keys.keyFor(exchanger);
    try {
      return await dialThroughSocks(socks, target, key, connectTimeoutMs);
    } catch (error) {
      if (error instanceof OnionmxError && circuitFailures.has(error.code)) keys.retire(exchanger, key);
      throw error;
    }
  };
  return new SessionPool({ dialExchanger, orderExchangers, heloName, log });
}

function orderExchangers(set: ExchangerSet): readonly Exchanger[] {
  return orderByWeight(set, Math.random);
}
