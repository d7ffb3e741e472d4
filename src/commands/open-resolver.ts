/** The resolvers of the configuration, each with the way to it; without any, those of this host. */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import { OnionmxError } from '../errors.ts';
import type { DnsServer } from '../net/dns-server.ts';
import { formatResolverAddress, type ResolverAddress } from '../protocol/dns-resolver-address.ts';
import { isUnderOnion } from '../protocol/domain-name.ts';
import { parseResolvConf } from '../routing/dns/read-resolv-conf.ts';
import { createResolver, type Resolver } from '../routing/dns/resolver.ts';
import { exitSocksOf, socksOf } from './socks-of.ts';

const opened = new WeakMap<Config, Promise<Resolver>>();

/** The same for all who ask: it keeps connections to the resolvers. */
export function openResolver(config: Config): Promise<Resolver> {
  const resolver = opened.get(config) ?? createFor(config);
  opened.set(config, resolver);
  return resolver;
}

async function createFor(config: Config): Promise<Resolver> {
  const { timeoutMs, torTimeoutMs, tries, trustAd } = config.dns;
  const servers = await findResolvers(config);
  return createResolver({
    servers,
    timeoutMs,
    torTimeoutMs,
    tries,
    trustAd,
    now: () => performance.now(),
  });
}

export async function findResolvers(config: Config): Promise<readonly DnsServer[]> {
  const { resolvers } = config.dns;
  if (resolvers.length > 0) return resolvers.map((address) => toServer(address, config));
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  return parseResolvConf(text).map((address) => ({ address }));
}

function toServer(address: ResolverAddress, config: Config): DnsServer {
  if (!address.isOverTor) return { address };
  const socks = isUnderOnion(address.host) ? socksOf(config) : exitSocksOf(config);
  if (socks !== undefined) return { address, socks };
  throw new OnionmxError(
    'config-invalid',
    `the resolver ${formatResolverAddress(address)} needs a way through exits of Tor, and there is none`,
    { hint: 'set `tor.exitSocks`: onionmx config shows it' },
  );
}
