/** One SOCKS5 CONNECT by host name (RFC 1928, no authentication), and the wait until an onion service can be reached. */
import { type NetConnectOpts, type Socket, createConnection } from 'node:net';
import { waitFor } from './wait-for.ts';

export interface SocksTarget {
  readonly host: string;
  readonly port: number;
}

/** How far a connection came: `connected` with the open socket, or the proxy's reply byte, or what went wrong. */
export type SocksOutcome =
  | { readonly kind: 'connected'; readonly socket: Socket; readonly firstBytes: Buffer }
  | { readonly kind: 'refused'; readonly replyByte: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** Tor gives up a circuit to a host that died after 6 s; who hangs up sooner gets the same dead circuit again. */
const attemptTimeoutMs = 15_000;

const greeting = Buffer.from([5, 1, 0]);

export function connectThroughSocks(
  proxy: NetConnectOpts,
  target: SocksTarget,
  timeoutMs: number,
): Promise<SocksOutcome> {
  return new Promise((resolve) => {
    const socket = createConnection(proxy);
    let received = Buffer.alloc(0);
    let isRequestSent = false;
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
    socket.write(greeting);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (!isRequestSent && received.length >= 2) {
        isRequestSent = true;
        received = received.subarray(2);
        socket.write(encodeRequest(target));
      }
      const outcome = isRequestSent ? readReply(received, socket) : undefined;
      if (outcome !== undefined) settle(outcome);
    });
  });
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

/** Tries until a connection through the proxy stands, then closes it. Returns after how many milliseconds. */
export async function waitUntilReachable(
  socksPath: string,
  target: SocksTarget,
  timeoutMs: number,
  explain?: () => string,
): Promise<number> {
  const startedMs = performance.now();
  let last = 'nothing tried';
  const tryOnce = async () => {
    const outcome = await connectThroughSocks({ path: socksPath }, target, attemptTimeoutMs);
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
