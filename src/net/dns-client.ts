/**
 * Asks DNS servers: over UDP, and over TCP when the answer is truncated (RFC 7766 §5), over TCP, TLS (RFC 7858) or
 * HTTPS (RFC 8484), directly or through Tor. Each server is asked in its own way and no other: when that fails, the
 * question has failed.
 */
import { randomInt } from 'node:crypto';
import { type DnsQuestion, encodeDnsQuery, isTruncated } from '../protocol/dns-query.ts';
import { openDnsOverHttps } from './dns-https.ts';
import { KeptDnsLink } from './dns-kept-link.ts';
import type { DnsLink } from './dns-link.ts';
import { dialDnsServer, type DnsServer, formatDnsServer } from './dns-server.ts';
import { openDnsStream } from './dns-stream.ts';
import { exchangeUdp } from './dns-udp.ts';
import { secureConnection, shakeHands } from './secure-connection.ts';

export interface DnsClient {
  /**
   * The octets of the answer to this very question. `timeoutMs` holds for UDP, and once more for TCP behind it.
   * Throws `connection-timeout`, `connect-failed`, `connection-lost`, `tls-failed`, `dns-malformed` for what no answer
   * can be, and over Tor what dialThroughSocks throws.
   */
  ask(server: DnsServer, question: DnsQuestion, timeoutMs: number): Promise<Buffer>;
}

interface DnsClientOptions {
  /** Authorities in place of those that Node.js knows; for tests. */
  readonly ca?: string;
}

export function createDnsClient({ ca }: DnsClientOptions = {}): DnsClient {
  // one for each server of the configuration
  const links = new Map<string, KeptDnsLink>();

  function askOnLink(server: DnsServer, question: DnsQuestion, timeoutMs: number): Promise<Buffer> {
    const key = `${server.address.transport} ${formatDnsServer(server)}`;
    const link = links.get(key) ?? createLink(server, ca);
    links.set(key, link);
    return link.ask(question, timeoutMs);
  }

  return {
    ask: async (server, question, timeoutMs) => {
      const { address } = server;
      if (address.transport !== 'udp') return askOnLink(server, question, timeoutMs);
      const query = encodeDnsQuery(question, randomInt(0x10000));
      const answer = await exchangeUdp(address, formatDnsServer(server), query, timeoutMs);
      if (!isTruncated(answer)) return answer;
      return askOnLink({ address: { ...address, transport: 'tcp' } }, question, timeoutMs);
    },
  };
}

function createLink(server: DnsServer, ca: string | undefined): KeptDnsLink {
  return new KeptDnsLink({
    peer: formatDnsServer(server),
    open: (generation, timeoutMs) => openLink(server, generation, timeoutMs, ca),
  });
}

async function openLink(
  server: DnsServer,
  generation: number,
  timeoutMs: number,
  ca: string | undefined,
): Promise<DnsLink> {
  const { address } = server;
  const peer = formatDnsServer(server);
  const deadline = performance.now() + timeoutMs;
  const connection = await dialDnsServer(server, generation, timeoutMs);
  const tls = { timeoutMs: Math.max(0, deadline - performance.now()), ...(ca === undefined ? {} : { ca }) };
  switch (address.transport) {
    case 'tls': {
      const secured = await secureConnection(connection, { host: address.name, ...tls });
      return openDnsStream(secured, { peer, isPadded: true });
    }
    case 'https': {
      const options = {
        servername: address.name,
        ALPNProtocols: ['h2'],
        ...(ca === undefined ? {} : { ca }),
      };
      const socket = await shakeHands(connection, address.name, tls.timeoutMs, options);
      return openDnsOverHttps(socket, address, peer);
    }
    case 'tcp':
    case 'udp':
      return openDnsStream(connection, { peer, isPadded: false });
  }
}
