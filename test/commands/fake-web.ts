/** A SocksPort that leads to web servers of the test: what each sends for a path, byte by byte, in the clear or with TLS. */
import { createServer, type Socket } from 'node:net';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { TLSSocket } from 'node:tls';
import { testCertificate, testKey } from './made-up-certificate.ts';

interface FakeWeb {
  /** `host:port`, in this order. */
  readonly asked: readonly string[];
  /** The requests whole, in this order. */
  readonly requests: readonly string[];
}

/** What is sent after 200 and its length; or a function that does it all. */
export type FakeAnswer = Buffer | string | ((stream: Socket) => void);

interface WithAfter {
  after(run: () => Promise<void>): void;
}

/** `answers`: by `host:port/path`; those on port 443 speak TLS. What is missing is not found. */
export async function startFakeWeb(
  t: WithAfter,
  path: string,
  answers: ReadonlyMap<string, FakeAnswer>,
  { key, cert } = { key: testKey, cert: testCertificate },
): Promise<FakeWeb> {
  const asked: string[] = [];
  const requests: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      socket.write(Buffer.of(5, 2));
      socket.once('data', (bytes: Buffer) => {
        const name = readTarget(bytes);
        asked.push(name);
        socket.write(Buffer.of(1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
        serve(socket, name);
      });
    });
  });

  function serve(socket: Socket, name: string): void {
    const stream = name.endsWith(':443') ? new TLSSocket(socket, { isServer: true, key, cert }) : socket;
    stream.on('error', () => socket.destroy());
    stream.once('data', (request: Buffer) => {
      requests.push(request.toString());
      const wanted = /^GET (\S+)/.exec(request.toString())?.[1] ?? '';
      const answer = answers.get(`${name}${wanted}`);
      if (typeof answer === 'function') answer(stream);
      else stream.end(answer === undefined ? 'HTTP/1.1 404 Not Found\r\n\r\n' : okWith(answer));
    });
  }

  mkdirSync(dirname(path), { recursive: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { asked, requests };
}

function okWith(body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes]);
}

function readTarget(bytes: Buffer): string {
  const userBytes = bytes.readUInt8(1);
  const request = bytes.subarray(3 + userBytes + bytes.readUInt8(2 + userBytes));
  const host = request.subarray(5, 5 + request.readUInt8(4));
  return `${host.toString()}:${request.readUInt16BE(5 + host.length)}`;
}
