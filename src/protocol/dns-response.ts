/**
 * What a resolver answered: the records of one type and CNAMEs, the TTL of a negative answer (RFC 2308 §5), the AD bit
 * (RFC 6840 §5.8), extended errors (RFC 8914). dns-packet reads the wire format; names are given as they came.
 */
import { decode, type OptAnswer } from 'dns-packet';
import { OnionmxError } from '../errors.ts';
import { toPrintableText } from './dns-name.ts';
import {
  type AliasRecord,
  type DnsRecord,
  type RecordType,
  readAliases,
  readNegativeTtls,
  readRecords,
} from './dns-records.ts';

interface ExtendedError {
  /** The INFO-CODE of RFC 8914 §4. */
  readonly code: number;
  readonly text: string;
}

export interface DnsResponse<Type extends RecordType = RecordType> {
  /** With the upper bits that EDNS adds. */
  readonly rcode: number;
  /** The AD bit: what the resolver says, whether or not it is to be believed. */
  readonly isAuthenticated: boolean;
  /** The server recurses or is the authority; otherwise an empty answer means nothing. */
  readonly isFromResolver: boolean;
  /** Those of the type that was asked for. */
  readonly records: readonly DnsRecord<Type>[];
  readonly aliases: readonly AliasRecord[];
  /** From the SOA of a negative answer (RFC 2308 §5); undefined without one. */
  readonly negativeTtlSeconds: number | undefined;
  readonly extendedErrors: readonly ExtendedError[];
}

const extendedErrorOption = 15;
const maxErrorTextLength = 120;

/** Reads a whole response that `isResponseTo` has let through. Throws `dns-malformed`. */
export function decodeDnsResponse<Type extends RecordType>(
  bytes: Buffer,
  type: Type,
  maxBytes: number,
): DnsResponse<Type> {
  if (bytes.length > maxBytes)
    throw malformed(`it has ${bytes.length} octets, more than the ${maxBytes} allowed`);
  const packet = decodePacket(bytes);
  const { answers = [], authorities = [], additionals = [] } = packet;
  const edns = additionals.find((record) => record.type === 'OPT');
  return {
    rcode: ((edns?.extendedRcode ?? 0) << 4) | (bytes.readUInt8(3) & 0x0f),
    isAuthenticated: packet.flag_ad,
    isFromResolver: packet.flag_ra || packet.flag_aa,
    records: readRecords(type, answers),
    aliases: readAliases(answers),
    negativeTtlSeconds: readNegativeTtls(authorities)[0],
    extendedErrors: edns === undefined ? [] : toExtendedErrors(edns),
  };
}

/** dns-packet throws plain errors at hostile bytes, and takes the data of an option that is cut off for whole. */
function decodePacket(bytes: Buffer): ReturnType<typeof decode> {
  try {
    const packet = decode(bytes);
    if (decode.bytes > bytes.length) throw new Error('it is cut off');
    return packet;
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function malformed(why: string, cause?: unknown): OnionmxError {
  return new OnionmxError('dns-malformed', `the DNS answer cannot be read: ${why}`, { cause });
}

function toExtendedErrors(edns: OptAnswer): ExtendedError[] {
  return edns.options.flatMap(({ code, data }: { code: number; data?: Buffer | undefined }) =>
    code === extendedErrorOption && data !== undefined && data.length >= 2
      ? [{ code: data.readUInt16BE(0), text: toPrintableText(data.toString('utf8', 2), maxErrorTextLength) }]
      : [],
  );
}
