/** The two table protocols of Postfix as the server sees them: bytes to keys, answers to bytes. */
import type { OnionmxError } from '../errors.ts';
import { NetstringDecoder } from '../protocol/netstring.ts';
import { encodeSocketmapReply, maxSocketmapBytes, parseSocketmapRequest } from '../protocol/socketmap.ts';
import { encodeTcpTableReply, TcpTableDecoder } from '../protocol/tcp-table.ts';
import type { LookupAnswer } from './answer-key.ts';
import { toPrintableLine } from './printable-line.ts';

export interface TableProtocol {
  readonly name: 'socketmap' | 'tcp_table';
  /** The keys of one connection. Throws `lookup-request-…` when it cannot be read any further. */
  createKeyDecoder(): { decode(bytes: Buffer): Iterable<string> };
  encodeAnswer(answer: LookupAnswer): Buffer;
  /** The protocol's word for a request that is none. */
  encodeRefusal(error: OnionmxError): Buffer;
}

const maxRefusalBytes = 400;

/** Every map name is answered: the operator may choose it. */
export const socketmapProtocol: TableProtocol = {
  name: 'socketmap',
  createKeyDecoder() {
    const netstrings = new NetstringDecoder(maxSocketmapBytes);
    return {
      *decode(bytes) {
        for (const payload of netstrings.decode(bytes)) yield parseSocketmapRequest(payload).key;
      },
    };
  },
  encodeAnswer: encodeOnce((answer) => {
    switch (answer.kind) {
      case 'found':
        return encodeSocketmapReply('OK', answer.value);
      case 'not-found':
        return encodeSocketmapReply('NOTFOUND', '');
      case 'try-again':
        return encodeSocketmapReply('TEMP', answer.reason);
    }
  }),
  encodeRefusal: (error) => encodeSocketmapReply('PERM', toPrintableLine(error.message, maxRefusalBytes)),
};

export const tcpTableProtocol: TableProtocol = {
  name: 'tcp_table',
  createKeyDecoder: () => new TcpTableDecoder(),
  encodeAnswer: encodeOnce((answer) => {
    switch (answer.kind) {
      case 'found':
        return encodeTcpTableReply(200, answer.value);
      case 'not-found':
        return encodeTcpTableReply(500, answer.reason);
      case 'try-again':
        return encodeTcpTableReply(400, answer.reason);
    }
  }),
  encodeRefusal: (error) =>
    encodeTcpTableReply(
      error.code === 'lookup-request-unknown' ? 500 : 400,
      toPrintableLine(error.message, maxRefusalBytes),
    ),
};

/** An answer that is given many times is encoded once. */
function encodeOnce(encode: (answer: LookupAnswer) => Buffer): (answer: LookupAnswer) => Buffer {
  const encoded = new WeakMap<LookupAnswer, Buffer>();
  return (answer) => {
    const known = encoded.get(answer);
    if (known !== undefined) return known;
    const bytes = encode(answer);
    encoded.set(answer, bytes);
    return bytes;
  };
}
