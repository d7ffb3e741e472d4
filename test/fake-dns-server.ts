/** A DNS server on loopback, UDP and TCP or TLS on one port, that answers as the test says and notes what it was asked. */
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { decode } from 'dns-packet';
import { DnsFrameDecoder } from '../src/protocol/dns-frame.ts';
import { parseResolverAddress, type ResolverAddress } from '../src/protocol/dns-resolver-address.ts';

export interface FakeDnsOptions {
  readonly host?: string;
  /** Datagrams to send, in order; none for silence. */
  readonly udp: (query: Buffer, asked: AskedQuestion) => readonly Buffer[];
  /** Chunks to send on the stream, each a write of its own; undefined closes without a word. Default: closes. */
  readonly tcp?: (query: Buffer, asked: AskedQuestion) => readonly Buffer[] | undefined;
  /** TLS on the stream, with this key and certificate. */
  readonly tls?: TlsOptions;
}

interface AskedQuestion {
  readonly via: 'udp' | 'tcp';
  readonly name: string;
  readonly port: number;
  readonly id: number;
  readonly octets: number;
}

export interface FakeDnsServer {
  readonly host: string;
  readonly port: number;
  /** Asked over UDP. */
  readonly address: ResolverAddress;
  readonly asked: readonly AskedQuestion[];
}

interface WithAfter {
  after(run: () => Promise<void>): void;
}

export async function startFakeDns(t: WithAfter, options: FakeDnsOptions): Promise<FakeDnsServer> {
  const { host = '127.0.0.1' } = options;
  const asked: AskedQuestion[] = [];
  const note = (query: Buffer, via: 'udp' | 'tcp', port: number): AskedQuestion => {
    const { id = 0, questions = [] } = decode(query);
    const question = { via, name: questions[0]?.name ?? '', port, id, octets: query.length };
    asked.push(question);
    return question;
  };
  const sockets = new Set<TcpSocket>();
  const serve = (socket: TcpSocket) => {
    const decoder = new DnsFrameDecoder(0xffff);
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      for (const query of decoder.push(bytes)) {
        const question = note(query, 'tcp', socket.remotePort ?? 0);
        const chunks = options.tcp?.(query, question);
        if (chunks === undefined) socket.end();
        for (const chunk of chunks ?? []) socket.write(chunk);
      }
    });
  };
  const tcp = options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve);
  const { udp, port } = await bindBoth(tcp, host);
  udp.on('message', (query, from) => {
    for (const reply of options.udp(query, note(query, 'udp', from.port)))
      udp.send(reply, from.port, from.address);
  });
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([
      new Promise<void>((resolve) => udp.close(resolve)),
      new Promise<void>((resolve) => tcp.close(() => resolve())),
    ]);
  });
  const address = parseResolverAddress(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  return { host, port, address, asked };
}

/** A port that is free for UDP may be taken for TCP: then another one is tried. */
async function bindBoth(tcp: Server, host: string): Promise<{ udp: Socket; port: number }> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve) => udp.bind(0, host, resolve));
    const { port } = udp.address();
    if (await isListening(tcp, host, port)) return { udp, port };
    udp.close();
  }
  throw new Error('no port is free for UDP and TCP');
}

function isListening(tcp: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    tcp.once('error', () => resolve(false));
    tcp.listen(port, host, () => resolve(true));
  });
}

/** A UDP and TCP port of loopback where nobody listens. */
export async function findClosedPort(): Promise<number> {
  const udp = createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  const { port } = udp.address();
  await new Promise<void>((resolve) => udp.close(resolve));
  return port;
}
