/** What doctor wants to know of DNS: each resolver on its own, and what the domains of this host publish. */
import type { Config } from '../../config/schema.ts';
import type { DnsFacts, ResolverFacts } from '../../doctor/judge-dns.ts';
import type { SrvFacts } from '../../doctor/judge-srv.ts';
import { createDnsClient } from '../../net/dns-client.ts';
import { type DnsServer, formatDnsServer } from '../../net/dns-server.ts';
import { toDnsName } from '../../protocol/dns-name.ts';
import { isResolverOnThisHost } from '../../protocol/dns-resolver-address.ts';
import { type DomainName, isUnderOnion } from '../../protocol/domain-name.ts';
import { formatExchanger } from '../../protocol/exchanger.ts';
import { type AskOptions, askResolvers } from '../../routing/dns/ask-resolvers.ts';
import { createResolver } from '../../routing/dns/resolver.ts';
import { createSrvDiscovery, type SrvAnswer } from '../../routing/dns/srv-discovery.ts';
import { findResolvers } from '../open-resolver.ts';

/** A top level domain that is signed, and whose zone says of each name in so many words that it is not there. */
const signedZone = 'arpa';

export async function gatherDns(
  config: Config,
  domains: readonly DomainName[],
): Promise<{ readonly dns: DnsFacts; readonly srv: readonly SrvFacts[] }> {
  const { timeoutMs, torTimeoutMs, tries, trustAd } = config.dns;
  const servers = await findResolvers(config);
  const client = createDnsClient();
  const options = { client, timeoutMs, torTimeoutMs, tries, now: () => performance.now() };
  const resolver = createResolver({ servers, trustAd, ...options });
  const discover = createSrvDiscovery({ resolver, cacheEntries: 1, now: options.now });
  const ask = async (domain: DomainName) => toSrvFacts(domain, await discover(domain));
  const [resolvers, srv] = await Promise.all([
    Promise.all(servers.map((server) => testResolver(server, options))),
    Promise.all(domains.filter((domain) => !isUnderOnion(domain)).map(ask)),
  ]);
  return { dns: { resolvers, trustAd }, srv };
}

async function testResolver(server: DnsServer, options: Omit<AskOptions, 'servers'>): Promise<ResolverFacts> {
  const name = formatDnsServer(server);
  const isLocal = isResolverOnThisHost(server.address);
  const question = toDnsName(signedZone);
  if (question === undefined) return { name, isLocal, answer: { trouble: `${signedZone} is no name` } };
  const asked = await askResolvers(
    question,
    'SRV',
    { servers: [server], ...options },
    Number.POSITIVE_INFINITY,
  );
  if (asked.kind === 'failed') return { name, isLocal, answer: { trouble: `${asked.why}, ${asked.detail}` } };
  return { name, isLocal, answer: { isAuthenticated: asked.response.isAuthenticated } };
}

function toSrvFacts(domain: string, answer: SrvAnswer): SrvFacts {
  if (answer.kind === 'failed') return { domain, kind: 'failed', detail: `${answer.why}, ${answer.detail}` };
  const ignored = answer.ignored.map(({ target, reason }) => `${target}: ${reason}`);
  if (answer.kind === 'none') return { domain, kind: 'none', why: answer.why, ignored };
  const { exchangers, authenticated: isAuthenticated } = answer;
  return { domain, kind: 'found', exchangers: exchangers.map(formatExchanger), isAuthenticated, ignored };
}
