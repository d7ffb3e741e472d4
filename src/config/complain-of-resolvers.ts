/** Resolvers that could never be asked: on the clear net through a Tor that is not known to have exits. */
import type { z } from 'zod';
import { formatResolverAddress, type ResolverAddress } from '../protocol/dns-resolver-address.ts';
import { isUnderOnion } from '../protocol/domain-name.ts';

interface ResolversAndTor {
  readonly dns: { readonly resolvers: readonly ResolverAddress[] };
  readonly tor: { readonly use: 'managed' | 'running'; readonly exitSocks: unknown };
}

export function complainOfResolvers({ value, issues }: z.core.ParsePayload<ResolversAndTor>): void {
  const { dns, tor } = value;
  if (tor.use === 'managed' || tor.exitSocks !== null) return;
  for (const [index, resolver] of dns.resolvers.entries()) {
    if (!resolver.isOverTor || isUnderOnion(resolver.host)) continue;
    const message =
      'goes through exits of Tor: set tor.exitSocks to a SocksPort of that Tor without OnionTrafficOnly';
    const input = formatResolverAddress(resolver);
    issues.push({ code: 'custom', path: ['dns', 'resolvers', index], message, input });
  }
}
