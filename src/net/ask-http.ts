/**
 * One GET over a stream that is there already, by HTTP/1.1 (RFC 9110, RFC 9112; an answer by 1.0 is taken as well).
 * The server is told nothing of us. Left out: redirects, compression, every answer but 200, a second request.
 */
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { toPrintableText } from '../protocol/dns-name.ts';

export interface HttpQuestion {
  /** The host as the server is told it, with its port where that is not the usual one. */
  readonly hostHeader: string;
  /** As in a URL, with its query. */
  readonly path: string;
  readonly maxBytes: number;
  /** Such as `text/plain`, the only one that is taken; undefined: any, or none. */
  readonly mediaType?: string | undefined;
}

/** absent: the server says that it has no such file (RFC 9110 §15.5.5, §15.5.11); `said` is its answer. */
export type HttpAnswer =
  | { readonly kind: 'file'; readonly bytes: Buffer }
  | { readonly kind: 'absent'; readonly said: string };

/** For all the lines before the body. */
const maxHeadBytes = 16_384;

/** Whoever opened the stream destroys it, also to give up. Throws `download-failed`, and what the stream fails with. */
export function askHttp(stream: Duplex, question: HttpQuestion): Promise<HttpAnswer> {
  const { hostHeader, path } = question;
  return new Promise((resolve, reject) => {
    const fail = (thrown: unknown) => reject(explain(thrown));
    let response: IncomingMessage | undefined;
    const asked = request({
      // no agent: node:http would take it, also `agent: false`, to dial by itself, beside Tor; and no host: it has no name to look up then
      createConnection: () => stream,
      path,
      headers: {
        Host: hostHeader,
        // some servers refuse who says nothing; this is how nearly every client begins, and no program calls itself so
        'User-Agent': 'Mozilla/5.0',
        Accept: '*/*',
        'Accept-Encoding': 'identity',
        Connection: 'close',
      },
      // stops an attack: header fields without end would fill the memory
      maxHeaderSize: maxHeadBytes,
    });
    asked.once('response', (head) => {
      response = head;
      readAnswer(head, question).then(resolve, fail);
    });
    asked.on('error', (error) => {
      // what comes behind a whole answer is no part of it
      if (response?.complete !== true) fail(error);
    });
    // node:http has no error for everything, such as an unasked change to another protocol
    asked.once('close', () => {
      if (response === undefined) fail(failed(endedEarly));
    });
    asked.end();
  });
}

async function readAnswer(response: IncomingMessage, question: HttpQuestion): Promise<HttpAnswer> {
  const { statusCode } = response;
  if (statusCode === 404 || statusCode === 410) return { kind: 'absent', said: describeStatus(response) };
  if (statusCode !== 200) throw failed(describeStatus(response));
  checkFields(response, question);
  return { kind: 'file', bytes: await readBody(response, question.maxBytes) };
}

function describeStatus({ statusCode, statusMessage, headers }: IncomingMessage): string {
  const { location } = headers;
  const where = location === undefined ? '' : `, and leads to ${toPrintableText(location, 255)}`;
  return `it answers ${statusCode} ${toPrintableText(statusMessage ?? '', 80)}`.trimEnd() + where;
}

function checkFields({ headers }: IncomingMessage, { maxBytes, mediaType }: HttpQuestion): void {
  const type = headers['content-type'] ?? '';
  if (mediaType !== undefined && type.split(';', 1)[0]?.trim().toLowerCase() !== mediaType)
    throw failed(`it sends ${toPrintableText(type, 80) || 'no media type'} where ${mediaType} is due`);
  checkCoding(headers['transfer-encoding'], 'chunked');
  checkCoding(headers['content-encoding'], 'identity');
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooBig(maxBytes);
}

function checkCoding(coding: string | undefined, wanted: string): void {
  if (coding !== undefined && coding.trim().toLowerCase() !== wanted)
    throw failed(`it sends the file in the coding ${toPrintableText(coding, 80)}`);
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    bytes += chunk.length;
    // stops an attack: a body without end would fill the memory
    if (bytes > maxBytes) throw tooBig(maxBytes);
  }
  return Buffer.concat(chunks);
}

/** What node:http says of a bad answer, in our words. */
function explain(thrown: unknown): OnionmxError {
  if (!(thrown instanceof Error) || !('code' in thrown) || thrown instanceof OnionmxError)
    return toOnionmxError(thrown);
  const code = String(thrown.code);
  if (endings.has(code)) return failed(endedEarly, thrown);
  if (code === 'HPE_HEADER_OVERFLOW') return failed(`its head is longer than ${maxHeadBytes} bytes`, thrown);
  if (code.startsWith('HPE_')) return failed(`it does not speak HTTP: ${thrown.message}`, thrown);
  return toOnionmxError(thrown);
}

const endedEarly = 'the connection ended before the answer was whole';
const endings: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_EOF_STATE',
]);

function tooBig(maxBytes: number): OnionmxError {
  return failed(`it sends more than ${maxBytes} bytes`);
}

function failed(why: string, cause?: unknown): OnionmxError {
  return new OnionmxError('download-failed', why, { cause });
}
