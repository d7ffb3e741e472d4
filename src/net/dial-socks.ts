/** Opens a connection to an onion service through Tor's SocksPort. The name goes to Tor as it is: nothing resolves it. */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { toSocksReplyError } from '../protocol/socks-reply-reason.ts';
import { type IsolationKey, SocksHandshake, type SocksTarget } from '../protocol/socks5.ts';
import { formatSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';
import type { Connection } from './connection.ts';
import { dial } from './dial.ts';

/**
 * One deadline over everything. The peer of the connection is called `AAA.onion:25`; what the server has said already
 * is there to be read. Throws `tor-unreachable` (no Tor there, or none that answers), `socks-protocol`, `onion-timeout`
 * at the deadline, and the errors of socks-reply-reason.ts.
 */
export async function dialThroughSocks(
  proxy: SocketAddress,
  target: SocksTarget,
  isolation: IsolationKey,
  timeoutMs: number,
): Promise<Connection> {
  const deadline = performance.now() + timeoutMs;
  const handshake = new SocksHandshake(target, isolation);
  const connection = await reachProxy(proxy, target, timeoutMs);
  try {
    const replyCode = await shakeHands(connection, handshake, deadline);
    if (replyCode === 0) return connection;
    throw toSocksReplyError(replyCode, target);
  } catch (error) {
    connection.destroy();
    throw explain(toOnionmxError(error), handshake.isMethodAgreed);
  }

  function explain(error: OnionmxError, isMethodAgreed: boolean): OnionmxError {
    if (error.code === 'socks-protocol') return notSocks(proxy, error);
    if (error.code === 'connection-lost') {
      return torUnreachable(proxy, 'it closed the connection before it answered', error);
    }
    if (error.code !== 'connection-timeout') return error;
    // A Tor that is alive agrees at once; all that comes later depends on the far host as well.
    return isMethodAgreed ? onionTimeout(target, timeoutMs, error) : torSilent(proxy, timeoutMs, error);
  }
}

async function reachProxy(proxy: SocketAddress, target: SocksTarget, timeoutMs: number): Promise<Connection> {
  try {
    return await dial(proxy, timeoutMs, `${target.host}:${target.port}`);
  } catch (error) {
    const { message, cause } = toOnionmxError(error);
    throw torUnreachable(proxy, cause instanceof Error ? cause.message : message, error);
  }
}

/** Resolves with the reply field, 0 when connected. */
async function shakeHands(
  connection: Connection,
  handshake: SocksHandshake,
  deadline: number,
): Promise<number> {
  const leftMs = () => Math.max(0, deadline - performance.now());
  for (let step = handshake.step(); ; ) {
    switch (step.kind) {
      case 'send':
        await connection.write(step.bytes, leftMs());
        step = { kind: 'incomplete' };
        break;
      case 'incomplete':
        step = handshake.step(await readSome(connection, leftMs()));
        break;
      case 'refused':
        return step.code;
      case 'connected':
        connection.unread(step.rest);
        return 0;
    }
  }
}

async function readSome(connection: Connection, timeoutMs: number): Promise<Buffer> {
  const bytes = await connection.read(timeoutMs);
  if (bytes !== null) return bytes;
  throw new OnionmxError('connection-lost', `the connection to ${connection.peer} is lost: Tor closed it`);
}

function torUnreachable(proxy: SocketAddress, why: string, cause: unknown): OnionmxError {
  return new OnionmxError('tor-unreachable', `cannot reach Tor at ${formatSocketAddress(proxy)}: ${why}`, {
    hint: 'see whether Tor runs (`pgrep -a tor`) and whether this is its SocksPort (`onionmx config`)',
    cause,
  });
}

function torSilent(proxy: SocketAddress, timeoutMs: number, cause: unknown): OnionmxError {
  return torUnreachable(proxy, `it accepts, but does not answer within ${timeoutMs / 1000} s`, cause);
}

function onionTimeout({ host, port }: SocksTarget, timeoutMs: number, cause: unknown): OnionmxError {
  const message = `${host}:${port} did not answer within ${timeoutMs / 1000} s (our Tor or their host)`;
  const hint = `\`onionmx probe ${host}:${port}\`, and the same for another exchanger, shows whose fault it is`;
  return new OnionmxError('onion-timeout', message, { hint, cause });
}

function notSocks(proxy: SocketAddress, { message }: OnionmxError): OnionmxError {
  const hint = 'see whether this is the SocksPort of Tor: `onionmx config` shows the addresses';
  return new OnionmxError('socks-protocol', `${formatSocketAddress(proxy)}: ${message}`, { hint });
}
