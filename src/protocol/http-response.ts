/**
 * One HTTP/1.0 request and its response (RFC 9112, RFC 1945): enough to take a file from a server that is told nothing of us.
 * Sans-I/O. Left out: chunked bodies (nobody may send one to HTTP/1.0), compression, redirects, everything but 200.
 */
import { OnionmxError } from '../errors.ts';
import { toPrintableText } from './dns-name.ts';

const maxHeadBytes = 16_384;

/** host: with its port where that is not the usual one. path: as in a URL, with its query. */
export function formatGet(host: string, path: string): string {
  return `GET ${path} HTTP/1.0\r\nHost: ${host}\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
}

interface Head {
  /** undefined: the body ends with the connection. */
  readonly bodyBytes: number | undefined;
}

/** Give it what comes with `take`, and the end of the connection with `end`. Throws `download-failed`. */
export class HttpBodyDecoder {
  readonly #maxBytes: number;
  #head: Head | undefined;
  #received: Buffer = Buffer.alloc(0);
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The body, once it is whole. */
  take(bytes: Buffer): Buffer | undefined {
    if (this.#head !== undefined) return this.#takeBody(bytes);
    this.#received = Buffer.concat([this.#received, bytes]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end > maxHeadBytes || (end < 0 && this.#received.length > maxHeadBytes))
      throw failed('its head has no end');
    if (end < 0) return undefined;
    this.#head = readHead(this.#received.toString('latin1', 0, end), this.#maxBytes);
    return this.#takeBody(this.#received.subarray(end + 4));
  }

  end(): Buffer {
    if (this.#head === undefined || this.#head.bodyBytes !== undefined)
      throw failed('the connection ended before the answer was whole');
    return Buffer.concat(this.#chunks);
  }

  #takeBody(bytes: Buffer): Buffer | undefined {
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    const wanted = this.#head?.bodyBytes;
    if (wanted !== undefined && this.#bytes >= wanted) return Buffer.concat(this.#chunks).subarray(0, wanted);
    // stops an attack: a body without end would fill the memory
    if (this.#bytes > this.#maxBytes) throw tooBig(this.#maxBytes);
    return undefined;
  }
}

function readHead(text: string, maxBytes: number): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const [, status, reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(first) ?? [];
  if (status === undefined) throw failed(`it does not speak HTTP: ${toPrintableText(first, 80)}`);
  const headers = lines.map(readHeader);
  const find = (name: string) => headers.find((header) => header.name === name)?.value;
  const location = find('location');
  if (status !== '200') {
    const where = location === undefined ? '' : `, and leads to ${toPrintableText(location, 255)}`;
    throw failed(`it answers ${status} ${toPrintableText(reason, 80)}${where}`);
  }
  const coding = find('transfer-encoding') ?? find('content-encoding');
  if (coding !== undefined && coding !== 'identity')
    throw failed(`it sends the file in the coding ${toPrintableText(coding, 80)}`);
  const length = find('content-length');
  if (length === undefined) return { bodyBytes: undefined };
  if (!/^\d{1,15}$/.test(length)) throw failed(`it says a length of ${toPrintableText(length, 80)}`);
  if (Number(length) > maxBytes) throw tooBig(maxBytes);
  return { bodyBytes: Number(length) };
}

function readHeader(line: string): { name: string; value: string } {
  const colon = line.indexOf(':');
  return { name: line.slice(0, Math.max(colon, 0)).toLowerCase(), value: line.slice(colon + 1).trim() };
}

function tooBig(maxBytes: number): OnionmxError {
  return failed(`it sends more than ${maxBytes} bytes`);
}

function failed(why: string): OnionmxError {
  return new OnionmxError('download-failed', why);
}
