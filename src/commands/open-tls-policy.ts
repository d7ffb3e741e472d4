/** Wires what tells whether the clear net would authenticate the mail servers of a domain: for `serve`, and for the commands that explain. */
import { randomUUID } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import type { Log } from '../log.ts';
import { createSocketmapAsker } from '../net/ask-socketmap.ts';
import { getOverTor } from '../net/http-get.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { maxPolicyBytes } from '../protocol/mta-sts-policy.ts';
import { formatSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';
import { createMtaSts } from '../routing/tls-policy/mta-sts.ts';
import { createPolicyFetcher } from '../routing/tls-policy/mta-sts-fetcher.ts';
import { openPolicyFiles, type PolicyFiles, readPolicyFiles } from '../routing/tls-policy/mta-sts-files.ts';
import type { Resolver } from '../routing/dns/resolver.ts';
import { createTlsPolicyAsker } from '../routing/tls-policy/ask-tls-policy.ts';
import type { AskTlsPolicy } from '../routing/tls-policy/tls-policy.ts';
import { createDaemonSource } from '../routing/tls-policy/tls-policy-daemon.ts';
import { createDaneSource } from '../routing/tls-policy/tls-policy-dane.ts';
import { exitSocksOf } from './socks-of.ts';
import { tlsPolicyFolderOf } from './state-paths.ts';

interface TlsPolicyParts {
  readonly resolver: Resolver;
  readonly log: Log;
}

interface TlsPolicyOptions {
  /** `look`: fetches nothing and writes nothing, and leaves nothing open. */
  readonly mode?: 'serve' | 'look';
  /** Authorities in place of those that Node.js knows; for tests. */
  readonly ca?: string;
}

/** Postfix waits for the answer, and for DNS before it. */
const timeoutMs = 20_000;
const daemonTimeoutMs = 5000;
const daemonIdleMs = 10_000;
/** RFC 8461 §3.3 suggests a minute. */
const fetchTimeoutMs = 60_000;

export function openTlsPolicy(
  config: Config,
  { resolver, log }: TlsPolicyParts,
  options: TlsPolicyOptions = {},
): AskTlsPolicy {
  const { cacheEntries } = config.dns;
  return createTlsPolicyAsker({
    askDaemon: openDaemon(config, options),
    askDane: createDaneSource({ resolver, cacheEntries, now }),
    askMtaSts: openMtaSts(config, resolver, log, options),
    timeoutMs,
    log,
  });
}

function openDaemon({ trust, dns }: Config, { mode }: TlsPolicyOptions) {
  if (trust.tlsPolicyDaemon === null) return undefined;
  const { address, mapName } = trust.tlsPolicyDaemon;
  const idleMs = mode === 'look' ? 0 : daemonIdleMs;
  const ask = createSocketmapAsker({ address, mapName, timeoutMs: daemonTimeoutMs, idleMs });
  const name = formatSocketAddress(address);
  return createDaemonSource({ name, ask, cacheEntries: dns.cacheEntries, now });
}

function openMtaSts(
  config: Config,
  resolver: Resolver,
  log: Log,
  { mode, ca }: TlsPolicyOptions,
): AskTlsPolicy {
  const folder = tlsPolicyFolderOf(config);
  const common = { resolver, cacheEntries: config.dns.cacheEntries, now, clock: Date.now, log };
  if (mode === 'look')
    return createMtaSts({ ...common, files: readPolicyFiles(folder, log), want: undefined });
  const files = openPolicyFiles({ folder, clock: Date.now, log });
  return createMtaSts({ ...common, files, want: openFetcher(config, files, log, ca) });
}

/** undefined: there is no way to the clear net through Tor. */
function openFetcher(config: Config, files: PolicyFiles, log: Log, ca: string | undefined) {
  const proxy = exitSocksOf(config);
  if (proxy !== undefined) {
    const get = (domain: DomainName) => getPolicy(domain, proxy, ca);
    return createPolicyFetcher({ get, files, now, clock: Date.now, log });
  }
  if (config.trust.tlsPolicyDaemon === null)
    log.info(
      { hint: 'set tor.exitSocks, or trust.tlsPolicyDaemon' },
      'MTA-STS policies cannot be fetched: no way to the clear net through Tor is known',
    );
  return undefined;
}

/** RFC 8461 §3.3: a certificate for this name, and no redirects. */
function getPolicy(domain: DomainName, proxy: SocketAddress, ca: string | undefined): Promise<Buffer> {
  const host = `mta-sts.${domain}`;
  // each time over another circuit: one exit that fails or lies must not be asked again and again
  const isolation = { user: 'onionmx', password: `mta-sts#${randomUUID()}` };
  return getOverTor(proxy, isolation, {
    host,
    port: 443,
    isSecure: true,
    hostHeader: host,
    path: '/.well-known/mta-sts.txt',
    maxBytes: maxPolicyBytes,
    timeoutMs: fetchTimeoutMs,
    ca,
    mediaType: 'text/plain',
  });
}

function now(): number {
  return performance.now();
}
