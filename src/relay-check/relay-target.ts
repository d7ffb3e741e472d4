/** Where relaying is tried, as it is written on the command line. */
import { OnionmxError } from '../errors.ts';
import { type OnionAddress, parseOnionAddress } from '../protocol/onion-address.ts';
import { parsePort } from '../protocol/port.ts';
import {
  formatSocketAddress,
  isLocalAddress,
  parseSocketAddress,
  type SocketAddress,
} from '../protocol/socket-address.ts';
import { findListener } from '../mail-host/find-listener.ts';
import type { NamedService } from '../mail-host/read-onion-services.ts';

export type RelayTarget =
  /** Through Tor, as any stranger comes. */
  | { readonly kind: 'onion'; readonly onionAddress: OnionAddress; readonly port: number }
  /** A listener of this host; with `sendsProxyLine` as Tor connects to it, otherwise as a local process. */
  | { readonly kind: 'listener'; readonly address: SocketAddress; readonly sendsProxyLine: boolean };

const proxyPrefix = 'proxy:';

/** `AAA.onion`, `AAA.onion:2525`, `127.0.0.1:25`, `unix:/path`, and the last two with `proxy:` in front. */
export function parseRelayTarget(text: string): RelayTarget {
  const [, host, digits = '25'] = /^(.*\.onion)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (host !== undefined)
    return { kind: 'onion', onionAddress: parseOnionAddress(host), port: parsePort(text, digits) };
  const sendsProxyLine = text.startsWith(proxyPrefix);
  const address = parseSocketAddress(sendsProxyLine ? text.slice(proxyPrefix.length) : text);
  // fifty attempts to relay are an attack where the listener is somebody else's
  if (isLocalAddress(address)) return { kind: 'listener', address, sendsProxyLine };
  throw new OnionmxError('socket-address-invalid', `${JSON.stringify(text)} is not on this host`, {
    hint: 'only listeners of your own are tried: 127.0.0.1:PORT, [::1]:PORT, unix:/path, or your onion address',
  });
}

/** As it was written, in its shortest form. */
export function formatRelayTarget(target: RelayTarget): string {
  if (target.kind === 'onion') return `${target.onionAddress}:${target.port}`;
  return `${target.sendsProxyLine ? proxyPrefix : ''}${formatSocketAddress(target.address)}`;
}

/** A listener of the mail server. */
export interface RelayListener {
  readonly name: string;
  readonly addresses: readonly SocketAddress[];
  readonly expectsProxyLine: boolean;
  /** TLS begins with its first byte, which is not spoken here. */
  readonly isTlsOnly: boolean;
}

/** Every way in for onion mail: each onion service through Tor, and each listener behind one as Tor comes to it. */
export function findTargets(
  listeners: readonly RelayListener[],
  services: readonly NamedService[],
): RelayTarget[] {
  const found = services.flatMap(({ onionAddress, ports }) =>
    ports.flatMap(({ virtualPort, target }): RelayTarget[] => {
      const listener = findListener(listeners, target);
      if (listener === undefined || listener.isTlsOnly || target.kind === 'other') return [];
      const through = { kind: 'onion', onionAddress, port: virtualPort } as const;
      const behind = targetAt(target, listener);
      return onionAddress === undefined ? [behind] : [{ ...through, onionAddress }, behind];
    }),
  );
  return uniqueTargets(found);
}

/** What no onion service leads to: the way of local programs, and of the clear net. */
export function findOtherTargets(
  listeners: readonly RelayListener[],
  services: readonly NamedService[],
): RelayTarget[] {
  const behind = findBehind(listeners, services);
  return uniqueTargets(
    listeners
      .filter((listener) => !behind.has(listener) && !listener.isTlsOnly)
      .flatMap((listener) => listener.addresses.flatMap((address) => reachLocally(address, listener))),
  );
}

/** Listeners that are not tried, each with the reason; `submissions: it speaks TLS from the first byte`. */
export function describeUntried(
  listeners: readonly RelayListener[],
  services: readonly NamedService[],
): readonly string[] {
  const behind = findBehind(listeners, services);
  return listeners.flatMap((listener) => {
    const { name, addresses, isTlsOnly } = listener;
    if (isTlsOnly) return [`${name}: it speaks TLS from the first byte`];
    const isReached =
      behind.has(listener) || addresses.some((address) => reachLocally(address, listener).length > 0);
    return isReached ? [] : [`${name}: it has no loopback address`];
  });
}

/** Those that an onion service leads to. */
function findBehind(listeners: readonly RelayListener[], services: readonly NamedService[]) {
  const targets = services.flatMap(({ ports }) => ports.map(({ target }) => target));
  return new Set(targets.map((target) => findListener(listeners, target)));
}

/** A socket on all addresses has the loopback too; one on other addresses alone is left to those who come that way. */
function reachLocally(address: SocketAddress, listener: RelayListener): RelayTarget[] {
  const here = address.kind === 'tcp' ? { ...address, host: loopbackOf(address.host) } : address;
  return isLocalAddress(here) ? [targetAt(here, listener)] : [];
}

function loopbackOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function targetAt(address: SocketAddress, { expectsProxyLine }: RelayListener): RelayTarget {
  return { kind: 'listener', address, sendsProxyLine: expectsProxyLine };
}

function uniqueTargets(targets: readonly RelayTarget[]): RelayTarget[] {
  return [...new Map(targets.map((target) => [formatRelayTarget(target), target])).values()];
}
