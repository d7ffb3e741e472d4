/** One question to one DNS server: over UDP (RFC 1035 §4.2.1), and over TCP when the answer is truncated (RFC 7766 §5). */
import { createSocket, type Socket } from 'node:dgram';
import { OnionmxError } from '../errors.ts';
import { DnsFrameDecoder, encodeDnsFrame } from '../protocol/dns-frame.ts';
import { isResponseTo, isTruncated } from '../protocol/dns-query.ts';
import { formatSocketAddress } from '../protocol/socket-address.ts';
import type { Connection } from './connection.ts';
import { dial } from './dial.ts';

export interface DnsServer {
  /** An IP address: no resolver is asked for a resolver. */
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:53` */
export function formatDnsServer(server: DnsServer): string {
  return formatSocketAddress({ kind: 'tcp', host: server.host, port: server.port });
}

/**
 * The octets of the answer to this very query. `timeoutMs` holds for UDP, and once more for TCP.
 * Throws `connection-timeout`, `connect-failed`, `connection-lost`, and `dns-malformed` for what no answer can be.
 */
export async function exchangeDns(
  server: DnsServer,
  query: Buffer,
  timeoutMs: number,
  maxBytes: number,
): Promise<Buffer> {
  const response = await exchangeUdp(server, query, timeoutMs);
  return isTruncated(response) ? exchangeTcp(server, query, timeoutMs, maxBytes) : response;
}

/**
 * A fresh socket for each query takes a random port, and a connected one hears that server alone and learns at once
 * when nobody listens there. Datagrams that do not answer the query are ignored, not failures: otherwise a forger who
 * is first could end the lookup (RFC 5452 §9).
 */
async function exchangeUdp(server: DnsServer, query: Buffer, timeoutMs: number): Promise<Buffer> {
  const socket = createSocket(server.host.includes(':') ? 'udp6' : 'udp4');
  try {
    return await receiveAnswer(socket, server, query, timeoutMs);
  } finally {
    socket.close();
  }
}

function receiveAnswer(socket: Socket, server: DnsServer, query: Buffer, timeoutMs: number): Promise<Buffer> {
  const peer = formatDnsServer(server);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate(peer, timeoutMs)), timeoutMs);
    socket.on('error', (cause) => {
      clearTimeout(timer);
      reject(new OnionmxError('connect-failed', `cannot ask ${peer}: ${cause.message}`, { cause }));
    });
    socket.on('message', (bytes) => {
      if (!isResponseTo(query, bytes)) return;
      clearTimeout(timer);
      resolve(bytes);
    });
    socket.once('connect', () => socket.send(query));
    socket.connect(server.port, server.host);
  });
}

async function exchangeTcp(
  server: DnsServer,
  query: Buffer,
  timeoutMs: number,
  maxBytes: number,
): Promise<Buffer> {
  const deadline = performance.now() + timeoutMs;
  const connection = await dial({ kind: 'tcp', host: server.host, port: server.port }, timeoutMs);
  try {
    await connection.write(encodeDnsFrame(query), timeoutMs);
    const response = await readFrame(connection, new DnsFrameDecoder(maxBytes), deadline, timeoutMs);
    if (isResponseTo(query, response) && !isTruncated(response)) return response;
    throw new OnionmxError('dns-malformed', `${connection.peer} did not answer the question over TCP`);
  } finally {
    connection.destroy();
  }
}

/** One deadline for the whole: a server that sends an octet now and then cannot hold the lookup for ever. */
async function readFrame(
  connection: Connection,
  decoder: DnsFrameDecoder,
  deadline: number,
  timeoutMs: number,
): Promise<Buffer> {
  for (;;) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw tooLate(connection.peer, timeoutMs);
    const chunk = await connection.read(leftMs);
    if (chunk === null)
      throw new OnionmxError('connection-lost', `${connection.peer} closed before its answer was whole`);
    const message = decoder.push(chunk);
    if (message !== undefined) return message;
  }
}

function tooLate(peer: string, timeoutMs: number): OnionmxError {
  return new OnionmxError('connection-timeout', `${peer} did not answer within ${timeoutMs} ms`);
}
