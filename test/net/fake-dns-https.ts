/** A DNS server over HTTPS on loopback (RFC 8484), that answers as the test says and notes what it was asked. */
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2';
import { parseResolverAddress, type ResolverAddress } from '../../src/protocol/dns-resolver-address.ts';
import { serverCertificate, serverKey } from '../made-up-certificates.ts';

interface HttpAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly body: Buffer;
}

export interface FakeDnsOverHttps {
  /** Asked directly, with the name of the certificate. */
  readonly address: ResolverAddress;
  readonly asked: readonly { readonly headers: IncomingHttpHeaders; readonly query: Buffer }[];
  readonly sessions: readonly ServerHttp2Session[];
}

interface TestScope {
  after(run: () => unknown): void;
}

/** Undefined: no answer. */
export async function startFakeDnsOverHttps(
  t: TestScope,
  answer: (query: Buffer) => HttpAnswer | undefined,
): Promise<FakeDnsOverHttps> {
  const server = createSecureServer({ key: serverKey, cert: serverCertificate });
  const asked: { headers: IncomingHttpHeaders; query: Buffer }[] = [];
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const query = Buffer.concat(chunks);
      asked.push({ headers, query });
      const found = answer(query);
      if (found === undefined) return;
      const { status = 200, type = 'application/dns-message', body } = found;
      stream.respond({ ':status': status, 'content-type': type });
      stream.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    for (const session of sessions) session.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const address = parseResolverAddress(`https://127.0.0.1:${bound.port}/dns-query#example.org`);
  return { address, asked, sessions };
}
