/** Asks a name server one question over UDP and reads what the bed's own tests look at. */
import { createSocket } from 'node:dgram';
import { decode, encode, type RecordType } from 'dns-packet';

export interface DnsServer {
  readonly host: string;
  readonly port: number;
}

export interface DnsAnswer {
  readonly rcode: string;
  readonly isAuthenticated: boolean;
  readonly answerCount: number;
  /** Codes of extended errors (RFC 8914). */
  readonly extendedErrors: readonly number[];
}

const recursionDesired = 256;
const authenticDataBit = 32;
const extendedErrorOption = 15;

/** Resolves with `undefined` when nothing answers in time. */
export function askDns(
  server: DnsServer,
  name: string,
  type: RecordType,
  timeoutMs: number,
): Promise<DnsAnswer | undefined> {
  const socket = createSocket('udp4');
  return new Promise<DnsAnswer | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    socket.on('error', () => {});
    socket.on('message', (message) => {
      clearTimeout(timer);
      resolve(readAnswer(message));
    });
    socket.send(encodeQuestion(name, type), server.port, server.host);
  }).finally(() => socket.close());
}

function encodeQuestion(name: string, type: RecordType): Buffer {
  return encode({
    type: 'query',
    id: Math.floor(Math.random() * 65_536),
    flags: recursionDesired | authenticDataBit,
    questions: [{ name, type }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 1232,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
}

/** dns-packet does not know the option of extended errors, and hands its bytes through. */
interface PlainOption {
  readonly code: number;
  readonly data?: unknown;
}

function readAnswer(message: Buffer): DnsAnswer {
  const packet = decode(message);
  const options: PlainOption[] =
    packet.additionals?.flatMap((record) => (record.type === 'OPT' ? record.options : [])) ?? [];
  return {
    rcode: 'rcode' in packet ? String(packet.rcode) : '',
    isAuthenticated: packet.flag_ad,
    answerCount: packet.answers?.length ?? 0,
    extendedErrors: options.flatMap(readExtendedError),
  };
}

function readExtendedError({ code, data }: PlainOption): number[] {
  return code === extendedErrorOption && Buffer.isBuffer(data) ? [data.readUInt16BE(0)] : [];
}
