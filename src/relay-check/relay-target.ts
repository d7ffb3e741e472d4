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
import type { MailHost } from '../mail-host/read-mail-host.ts';

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

/** Every way in for onion mail: each onion service through Tor, and each listener behind one as Tor comes to it. */
export function findTargets({ listeners, services }: MailHost): RelayTarget[] {
  const found = services.flatMap(({ onionAddress, ports }) =>
    ports.flatMap(({ virtualPort, target }): RelayTarget[] => {
      const listener = findListener(listeners, target);
      if (listener === undefined || target.kind === 'other') return [];
      const through = { kind: 'onion', onionAddress, port: virtualPort } as const;
      const behind = {
        kind: 'listener',
        address: target,
        sendsProxyLine: listener.expectsProxyLine,
      } as const;
      return onionAddress === undefined ? [behind] : [{ ...through, onionAddress }, behind];
    }),
  );
  return [...new Map(found.map((target) => [formatRelayTarget(target), target])).values()];
}
