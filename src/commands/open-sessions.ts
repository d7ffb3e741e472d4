/** Wires SMTP sessions to Tor: each exchanger is dialled by name through SOCKS5, on a circuit of its own. */
import type { Config } from '../config/schema.ts';
import type { SessionSource } from '../delivery/session.ts';
import { createSessionSource } from '../delivery/session-source.ts';
import type { Log } from '../log.ts';
import { dialThroughSocks } from '../net/dial-socks.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { orderByWeight } from '../protocol/srv-order.ts';
import { isolationKeyOf } from '../tor/isolation-key.ts';

export function openSessions(config: Config, socks: SocketAddress, log: Log): SessionSource {
  const { heloName, connectTimeoutMs } = config.delivery;
  return createSessionSource({
    dialExchanger: (exchanger) => {
      const target = { host: exchanger.onionAddress, port: exchanger.port };
      return dialThroughSocks(socks, target, isolationKeyOf(exchanger, 0), connectTimeoutMs);
    },
    orderExchangers: (set) => orderByWeight(set, Math.random),
    heloName,
    log,
  });
}
