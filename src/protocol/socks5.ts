/**
 * The client's side of SOCKS5 (RFC 1928) with user name and password (RFC 1929), as Tor's SocksPort speaks it: CONNECT
 * by host name only. User name and password are no secret here: they choose the circuit (Tor's IsolateSOCKSAuth).
 *
 * Sans-I/O: each `step` takes what has come and says what to do. Left out: the other methods, BIND, UDP, addresses.
 */
import { OnionmxError } from '../errors.ts';

/** Sessions with the same key share circuits, others never do. Each part has 1 to 255 bytes (RFC 1929 §2). */
export interface IsolationKey {
  readonly user: string;
  readonly password: string;
}

export interface SocksTarget {
  /** At most 255 bytes of visible ASCII; the proxy resolves it. */
  readonly host: string;
  readonly port: number;
}

export type SocksStep =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** `rest` came after the reply: the first words of the server behind the proxy. */
  | { readonly kind: 'connected'; readonly rest: Buffer }
  /** `code` is the reply field, see socks-reply-reason.ts. */
  | { readonly kind: 'refused'; readonly code: number };

const version = 5;
const authVersion = 1;
const userAndPassword = 2;
const connectCommand = 1;
const addressType = { ipv4: 1, hostName: 3, ipv6: 4 } as const;
const incomplete: SocksStep = { kind: 'incomplete' };

/**
 * Begin with `step()` and no input. Throws `socks-protocol` when the other side does not speak SOCKS5, and `bug` for
 * a target or key that cannot be written. Keeps at most one reply (262 octets) of what has come.
 */
export class SocksHandshake {
  readonly #authAndRequest: Buffer;
  #received = Buffer.alloc(0);
  #awaits: 'start' | 'method' | 'auth' | 'reply' = 'start';

  constructor(target: SocksTarget, key: IsolationKey) {
    this.#authAndRequest = Buffer.concat([encodeAuth(key), encodeConnect(target)]);
  }

  /** True once the other side has shown that it is a SOCKS5 proxy that takes our method. */
  get isMethodAgreed(): boolean {
    return this.#awaits === 'auth' || this.#awaits === 'reply';
  }

  step(input: Uint8Array = Buffer.alloc(0)): SocksStep {
    this.#received = Buffer.concat([this.#received, input]);
    switch (this.#awaits) {
      case 'start':
        return this.#offerMethod();
      case 'method':
        return this.#readMethod();
      case 'auth':
        return this.#readAuth();
      case 'reply':
        return this.#readReply();
    }
  }

  /** The offer goes alone: tor 0.4.9 never answers when more comes in the same write. */
  #offerMethod(): SocksStep {
    this.#awaits = 'method';
    return { kind: 'send', bytes: Buffer.of(version, 1, userAndPassword) };
  }

  #readMethod(): SocksStep {
    const [theirVersion, method] = this.#received;
    if (theirVersion === undefined) return incomplete;
    if (theirVersion !== version) throw malformed('version', theirVersion);
    if (method === undefined) return incomplete;
    // Only this method is taken: without user and password Tor would put strangers' mail on one circuit.
    if (method !== userAndPassword) throw malformed('method', method);
    if (this.#received.length > 2)
      throw new OnionmxError('socks-protocol', 'the proxy answers before it is asked');
    this.#received = Buffer.alloc(0);
    this.#awaits = 'auth';
    return { kind: 'send', bytes: this.#authAndRequest };
  }

  #readAuth(): SocksStep {
    const [theirVersion, status] = this.#received;
    if (theirVersion === undefined) return incomplete;
    if (theirVersion !== authVersion) throw malformed('authentication version', theirVersion);
    if (status === undefined) return incomplete;
    if (status !== 0) throw malformed('authentication status', status);
    this.#received = this.#received.subarray(2);
    this.#awaits = 'reply';
    return this.#readReply();
  }

  #readReply(): SocksStep {
    const [theirVersion, code] = this.#received;
    if (theirVersion === undefined) return incomplete;
    if (theirVersion !== version) throw malformed('reply version', theirVersion);
    if (code === undefined) return incomplete;
    // The address in a refusal says nothing, and some proxies close before it.
    if (code !== 0) return { kind: 'refused', code };
    const replyBytes = lengthOfReply(this.#received);
    if (replyBytes === undefined || this.#received.length < replyBytes) return incomplete;
    return { kind: 'connected', rest: this.#received.subarray(replyBytes) };
  }
}

/** The bound address has any type: Tor gives IPv4 on a TCP SocksPort and IPv6 on a Unix-domain one. */
function lengthOfReply(reply: Buffer): number | undefined {
  const [type, hostBytes] = reply.subarray(3);
  switch (type) {
    case undefined:
      return undefined;
    case addressType.ipv4:
      return 4 + 4 + 2;
    case addressType.ipv6:
      return 4 + 16 + 2;
    case addressType.hostName:
      return hostBytes === undefined ? undefined : 4 + 1 + hostBytes + 2;
    default:
      throw malformed('address type', type);
  }
}

function encodeAuth({ user, password }: IsolationKey): Buffer {
  return Buffer.concat([Buffer.of(authVersion), prefixed('user name', user), prefixed('password', password)]);
}

function encodeConnect({ host, port }: SocksTarget): Buffer {
  // A NUL or a line end would be cut or logged differently by the proxy than by us.
  if (!/^[\x21-\x7e]+$/.test(host)) throw cannotWrite('host', host);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw cannotWrite('port', String(port));
  const head = Buffer.of(version, connectCommand, 0, addressType.hostName);
  return Buffer.concat([head, prefixed('host', host), Buffer.of(port >> 8, port & 0xff)]);
}

function prefixed(what: string, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 1 || bytes.length > 255) throw cannotWrite(what, text);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function cannotWrite(what: string, value: string): OnionmxError {
  return new OnionmxError('bug', `${JSON.stringify(value)} cannot be sent as a SOCKS5 ${what}`);
}

function malformed(field: string, value: number): OnionmxError {
  const text = `0x${value.toString(16).padStart(2, '0').toUpperCase()}`;
  return new OnionmxError('socks-protocol', `unexpected SOCKS5 ${field} ${text}`);
}
