/** Wires what fetches the proofs that domains publish: HTTPS through exits of Tor, and DNS. For `serve`, and for the commands that explain. */
import type { Config } from '../config/schema.ts';
import { findOverTor } from '../net/http-get.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { maxProofFileBytes } from '../protocol/proof-file.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { createProofFetcher, type FetchPublishedProofs } from '../routing/trust/published-proofs.ts';
import type { Resolver } from '../routing/dns/resolver.ts';
import { exitSocksOf } from './socks-of.ts';

const timeoutMs = 60_000;

/** `ca`: authorities in place of those that Node.js knows; for tests. */
export function openPublishedProofs(config: Config, resolver: Resolver, ca?: string): FetchPublishedProofs {
  const proxy = exitSocksOf(config);
  return createProofFetcher({
    getFile: proxy === undefined ? undefined : (domain) => getProofFile(domain, proxy, ca),
    askTxt: (name) => resolver.lookup(name, 'TXT'),
    nowSeconds: () => Math.floor(Date.now() / 1000),
  });
}

/** The certificate is for the very domain, and redirects are not followed: who answers for another host does not answer for this one. */
function getProofFile(
  domain: DomainName,
  proxy: SocketAddress,
  ca: string | undefined,
): Promise<Buffer | undefined> {
  const isolation = { user: 'onionmx', password: `proof#${domain}` };
  return findOverTor(proxy, isolation, {
    host: domain,
    port: 443,
    isSecure: true,
    hostHeader: domain,
    path: '/.well-known/onion-mx',
    maxBytes: maxProofFileBytes,
    timeoutMs,
    ca,
  });
}
