/** The web servers of a test's domains, on one loopback address: what each host name publishes, by HTTPS. */
import { createServer } from 'node:https';
import type { IssuedCertificate } from './certificates.ts';

export interface HttpsServer {
  /** `path` begins with a slash. What nothing was published at is 404; what is a promise yet is waited for. */
  readonly publish: (host: string, path: string, text: string | Promise<string>) => void;
  readonly stop: () => Promise<void>;
}

export async function startHttpsServer(
  { key, certificate }: IssuedCertificate,
  host = '127.0.0.1',
): Promise<HttpsServer> {
  const published = new Map<string, string | Promise<string>>();
  const server = createServer({ key, cert: certificate }, (request, response) => {
    void Promise.resolve(published.get(`${request.headers.host ?? ''}${request.url ?? ''}`)).then((text) =>
      response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(text),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 443 }, () => resolve());
  });
  return {
    publish: (name, path, text) => void published.set(`${name}${path}`, text),
    stop: async () => server.close().closeAllConnections(),
  };
}
