/** One question over UDP (RFC 1035 §4.2.1). */
import { createSocket, type Socket } from 'node:dgram';
import { OnionmxError } from '../errors.ts';
import { isResponseTo } from '../protocol/dns-query.ts';
import { tooLate } from './dns-link.ts';

interface UdpServer {
  /** An IP address: no resolver is asked for a resolver. */
  readonly host: string;
  readonly port: number;
}

/**
 * A fresh socket for each query takes a random port, and a connected one hears that server alone and learns at once
 * when nobody listens there. Datagrams that do not answer the query are ignored, not failures: otherwise a forger who
 * is first could end the lookup (RFC 5452 §9). Throws `connection-timeout` and `connect-failed`.
 */
export async function exchangeUdp(
  server: UdpServer,
  peer: string,
  query: Buffer,
  timeoutMs: number,
): Promise<Buffer> {
  const socket = createSocket(server.host.includes(':') ? 'udp6' : 'udp4');
  try {
    return await receiveAnswer(socket, server, peer, query, timeoutMs);
  } finally {
    socket.close();
  }
}

function receiveAnswer(
  socket: Socket,
  server: UdpServer,
  peer: string,
  query: Buffer,
  timeoutMs: number,
): Promise<Buffer> {
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
