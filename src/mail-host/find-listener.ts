/** Which listener the target of an onion service's port leads to. */
import { isLocalAddress, type SocketAddress } from '../protocol/socket-address.ts';
import type { ServiceTarget } from './hidden-services.ts';
import { parseIpRange, rangeHolds } from './ip-range.ts';

interface Listener {
  readonly addresses: readonly SocketAddress[];
}

/** A socket on the very address takes the connection before one on all addresses does. */
export function findListener<L extends Listener>(
  listeners: readonly L[],
  target: ServiceTarget,
): L | undefined {
  if (target.kind !== 'tcp') return undefined;
  const { host, port } = target;
  // Postfix's socket on [::] is for IPv6 alone.
  return findAt(listeners, host, port) ?? findAt(listeners, host.includes(':') ? '::' : '0.0.0.0', port);
}

/** A target that is not on this host, as far as one can see. */
export function leadsElsewhere(target: ServiceTarget): boolean {
  return target.kind === 'tcp' && !isLocalAddress(target);
}

function findAt<L extends Listener>(listeners: readonly L[], host: string, port: number): L | undefined {
  return listeners.find(({ addresses }) => addresses.some((address) => isAt(address, host, port)));
}

function isAt(address: SocketAddress, host: string, port: number): boolean {
  if (address.kind !== 'tcp' || address.port !== port) return false;
  const [listening, wanted] = [parseIpRange(address.host), parseIpRange(host)];
  return listening !== undefined && wanted !== undefined && rangeHolds(listening, wanted);
}
