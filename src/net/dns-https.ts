/**
 * Questions over HTTPS (RFC 8484): HTTP/2 streams of one connection. By POST: the address of a GET would carry the
 * question, and addresses end up in the logs of servers. The id is 0 and the query is padded.
 * Left out: GET, HTTP/1.1, redirects, the Age of an answer (those to a POST are not kept by caches).
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { OnionmxError } from '../errors.ts';
import { type DnsQuestion, encodeDnsQuery, isResponseTo, isTruncated } from '../protocol/dns-query.ts';
import type { ResolverAddress } from '../protocol/dns-resolver-address.ts';
import { type DnsLink, lostBeforeAnswer, maxAnswerBytes, tooLate } from './dns-link.ts';

type HttpsAddress = ResolverAddress & { readonly transport: 'https' };

const mediaType = 'application/dns-message';

/** Over a TLS connection that is there already; `peer` is how errors call the other end. */
export function openDnsOverHttps(socket: TLSSocket, address: HttpsAddress, peer: string): DnsLink {
  if (socket.alpnProtocol !== 'h2') {
    socket.destroy();
    throw new OnionmxError('dns-malformed', `${peer} does not speak HTTP/2`);
  }
  return new DnsOverHttps(socket, address, peer);
}

class DnsOverHttps implements DnsLink {
  readonly #session: ClientHttp2Session;
  readonly #path: string;
  readonly #peer: string;
  #answeredCount = 0;
  #waitingCount = 0;
  #isSilent = false;
  #failure: Error | undefined;

  constructor(socket: TLSSocket, { name, port, path }: HttpsAddress, peer: string) {
    this.#path = path;
    this.#peer = peer;
    // the name goes into the request alone: the connection is there already
    const origin = `https://${name}:${port}`;
    this.#session = connect(origin, { createConnection: () => socket, settings: { enablePush: false } });
    this.#session.on('error', (error) => {
      this.#failure = error;
    });
    // node:http2 misses the end of a connection that is TLS over a stream: its questions would wait for their deadline
    socket.once('end', () => setImmediate(() => this.#session.destroy(new Error('it ended the connection'))));
  }

  get isUsable(): boolean {
    return !this.#isSilent && !this.#session.closed && !this.#session.destroyed;
  }

  get waitingCount(): number {
    return this.#waitingCount;
  }

  async ask(question: DnsQuestion, timeoutMs: number): Promise<Buffer> {
    if (!this.isUsable) throw lostBeforeAnswer(this.#peer, this.#failure);
    const query = encodeDnsQuery(question, 0, true);
    const answeredBefore = this.#answeredCount;
    this.#waitingCount += 1;
    try {
      const answer = await this.#exchange(query, timeoutMs);
      this.#answeredCount += 1;
      if (isResponseTo(query, answer) && !isTruncated(answer)) return answer;
      throw new OnionmxError('dns-malformed', `${this.#peer} did not answer the question over HTTPS`);
    } catch (error) {
      const isLate = error instanceof OnionmxError && error.code === 'connection-timeout';
      if (isLate && this.#answeredCount === answeredBefore) this.#isSilent = true;
      throw error;
    } finally {
      this.#waitingCount -= 1;
    }
  }

  close(): void {
    this.#session.destroy();
  }

  #exchange(query: Buffer, timeoutMs: number): Promise<Buffer> {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': this.#path,
      accept: mediaType,
      'content-type': mediaType,
      'content-length': query.length,
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(tooLate(this.#peer, timeoutMs));
        stream.close(constants.NGHTTP2_CANCEL);
      }, timeoutMs);
      stream.once('close', () => {
        clearTimeout(timer);
        reject(lostBeforeAnswer(this.#peer, this.#failure));
      });
      stream.on('error', (error) => reject(lostBeforeAnswer(this.#peer, error)));
      receiveBody(stream, this.#peer, resolve, (error) => {
        reject(error);
        stream.close(constants.NGHTTP2_CANCEL);
      });
      stream.end(query);
    });
  }
}

function receiveBody(
  stream: ClientHttp2Stream,
  peer: string,
  resolve: (body: Buffer) => void,
  refuse: (error: OnionmxError) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('response', (headers) => {
    const [status, type] = [headers[':status'], headers['content-type']];
    if (status !== 200) refuse(nonsense(peer, `HTTP status ${status}`));
    else if (type !== mediaType) refuse(nonsense(peer, `the media type ${JSON.stringify(type)}`));
  });
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    // stops an attack: a body without end would fill the memory
    if (bytes > maxAnswerBytes) refuse(nonsense(peer, `more than ${maxAnswerBytes} octets`));
  });
  stream.on('end', () => {
    if (!stream.aborted) resolve(Buffer.concat(chunks));
  });
}

function nonsense(peer: string, what: string): OnionmxError {
  return new OnionmxError('dns-malformed', `${peer} answers with ${what}, which is no DNS answer`, {
    hint: 'see whether the path is the one that this resolver has: `onionmx config` shows `dns.resolvers`',
  });
}
