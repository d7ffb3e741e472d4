/** One SOCKS5 CONNECT by host name (RFC 1928, RFC 1929), and the wait until an onion service can be reached. */
import { type NetConnectOpts, type Socket, createConnection } from 'node:net';
import process from 'node:process';
import { waitFor } from './wait-for.ts';

export interface SocksTarget {
  readonly host: string;
  readonly port: number;
  /** SOCKS user name; Tor gives streams of another name circuits of their own. None: no authentication. */
  readonly isolationKey?: string;
  /** Tor looks at this too. Default: `x`. */
  readonly password?: string;
}

/** How far a connection came: `connected` with the open socket, or the proxy's reply byte, or what went wrong. */
export type SocksOutcome =
  | { readonly kind: 'connected'; readonly socket: Socket; readonly firstBytes: Buffer }
  | { readonly kind: 'refused'; readonly replyByte: number }
  | { readonly kind: 'failed'; readonly reason: string };

const attemptTimeoutMs = 8000;

export function connectThroughSocks(
  proxy: NetConnectOpts,
  target: SocksTarget,
  timeoutMs: number,
): Promise<SocksOutcome> {
  return new Promise((resolve) => {
    const socket = createConnection(proxy);
    let received = Buffer.alloc(0);
    let answersToSkip = target.isolationKey === undefined ? 1 : 2; // to the greeting, to the password
    const settle = (outcome: SocksOutcome) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => socket.destroy());
      if (outcome.kind !== 'connected') socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => settle({ kind: 'failed', reason: 'no answer in time' }), timeoutMs);
    socket.on('error', (error) => settle({ kind: 'failed', reason: error.message }));
    socket.on('close', () => settle({ kind: 'failed', reason: 'closed without a reply' }));
    socket.write(Buffer.from([5, 1, target.isolationKey === undefined ? 0 : 2]));
    let isGreeted = false;
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (!isGreeted && received.length >= 2) {
        isGreeted = true;
        socket.write(Buffer.concat([encodeLogin(target), encodeRequest(target)]));
      }
      for (; answersToSkip > 0 && received.length >= 2; answersToSkip -= 1) received = received.subarray(2);
      const outcome = answersToSkip === 0 ? readReply(received, socket) : undefined;
      if (outcome !== undefined) settle(outcome);
    });
  });
}

/** Tor takes the login and the request in one write, but not together with the greeting. */
function encodeLogin({ isolationKey, password = 'x' }: SocksTarget): Buffer {
  if (isolationKey === undefined) return Buffer.alloc(0);
  const [user, secret] = [Buffer.from(isolationKey, 'latin1'), Buffer.from(password, 'latin1')];
  return Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([secret.length]), secret]);
}

function encodeRequest({ host, port }: SocksTarget): Buffer {
  const name = Buffer.from(host, 'latin1');
  return Buffer.from([5, 1, 0, 3, name.length, ...name, port >> 8, port & 255]);
}

/** The reply is 10 bytes with an IPv4 address and 22 with an IPv6 one; the server's first bytes may follow at once. */
function readReply(received: Buffer, socket: Socket): SocksOutcome | undefined {
  const [, replyByte, , addressType] = received;
  if (replyByte === undefined || addressType === undefined) return undefined;
  if (replyByte !== 0) return { kind: 'refused', replyByte };
  const length = addressType === 4 ? 22 : 10;
  return received.length < length
    ? undefined
    : { kind: 'connected', socket, firstBytes: received.subarray(length) };
}

/**
 * Tries until a connection through the proxy stands, then closes it. Returns after how many milliseconds. Each try has
 * an isolation key of its own: a client that asked for an introduction just as the host went away holds on to that
 * circuit for minutes ("pending-join circ already here, with intro ack"), and every stream with the same key waits.
 */
export async function waitUntilReachable(
  socksPath: string,
  target: SocksTarget,
  timeoutMs: number,
  explain?: () => string,
): Promise<number> {
  const startedMs = performance.now();
  let last = 'nothing tried';
  let tries = 0;
  const tryOnce = async () => {
    tries += 1;
    const isolationKey = `try-${tries}-${process.pid}-${startedMs}`;
    const outcome = await connectThroughSocks(
      { path: socksPath },
      { ...target, isolationKey },
      attemptTimeoutMs,
    );
    if (outcome.kind === 'connected') outcome.socket.destroy();
    if (outcome.kind === 'refused') last = `reply 0x${outcome.replyByte.toString(16)}`;
    if (outcome.kind === 'failed') last = outcome.reason;
    return outcome.kind === 'connected';
  };
  await waitFor(`${target.host}:${target.port} over Tor`, tryOnce, timeoutMs, {
    intervalMs: 200,
    explain: () => `last try: ${last}\n${explain?.() ?? ''}`,
  });
  return performance.now() - startedMs;
}
