/**
 * What a resolver answered: SRV and CNAME records, the TTL of a negative answer (RFC 2308 §5), the AD bit
 * (RFC 6840 §5.8), extended errors (RFC 8914). dns-packet reads the wire format; names are given as they came.
 */
import { type Answer, decode, type OptAnswer } from 'dns-packet';
import { OnionmxError } from '../errors.ts';
import { foldCase, toPrintableText } from './dns-name.ts';

export interface SrvRecord {
  readonly owner: string;
  readonly ttlSeconds: number;
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** As it came, `.` for the root: not checked. */
  readonly target: string;
}

export interface AliasRecord {
  readonly owner: string;
  readonly ttlSeconds: number;
  /** As it came: not checked. */
  readonly target: string;
}

interface ExtendedError {
  /** The INFO-CODE of RFC 8914 §4. */
  readonly code: number;
  readonly text: string;
}

export interface DnsResponse {
  /** With the upper bits that EDNS adds. */
  readonly rcode: number;
  /** The AD bit: what the resolver says, whether or not it is to be believed. */
  readonly isAuthenticated: boolean;
  /** The server recurses or is the authority; otherwise an empty answer means nothing. */
  readonly isFromResolver: boolean;
  readonly srvRecords: readonly SrvRecord[];
  readonly aliases: readonly AliasRecord[];
  /** From the SOA of a negative answer (RFC 2308 §5); undefined without one. */
  readonly negativeTtlSeconds: number | undefined;
  readonly extendedErrors: readonly ExtendedError[];
}

const extendedErrorOption = 15;
const maxErrorTextLength = 120;

/** Reads a whole response that `isResponseTo` has let through. Throws `dns-malformed`. */
export function decodeDnsResponse(bytes: Buffer, maxBytes: number): DnsResponse {
  if (bytes.length > maxBytes)
    throw malformed(`it has ${bytes.length} octets, more than the ${maxBytes} allowed`);
  const packet = decodePacket(bytes);
  const { answers = [], authorities = [], additionals = [] } = packet;
  const edns = additionals.find((record) => record.type === 'OPT');
  return {
    rcode: ((edns?.extendedRcode ?? 0) << 4) | (bytes.readUInt8(3) & 0x0f),
    isAuthenticated: packet.flag_ad,
    isFromResolver: packet.flag_ra || packet.flag_aa,
    srvRecords: answers.flatMap(toSrvRecord),
    aliases: answers.flatMap(toAlias),
    negativeTtlSeconds: authorities.flatMap(toNegativeTtl)[0],
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

function toSrvRecord(record: Answer): SrvRecord[] {
  if (record.type !== 'SRV' || !isInternetClass(record)) return [];
  const { priority = 0, weight = 0, port, target } = record.data;
  return [{ owner: foldCase(record.name), ttlSeconds: ttlOf(record), priority, weight, port, target }];
}

function toAlias(record: Answer): AliasRecord[] {
  if (record.type !== 'CNAME' || !isInternetClass(record)) return [];
  return [{ owner: foldCase(record.name), ttlSeconds: ttlOf(record), target: record.data }];
}

function toNegativeTtl(record: Answer): number[] {
  if (record.type !== 'SOA' || !isInternetClass(record)) return [];
  return [Math.min(ttlOf(record), record.data.minimum ?? 0)];
}

/** dns-packet takes the top bit of the class for the flush bit of multicast DNS, which is not spoken here. */
function isInternetClass(record: Exclude<Answer, OptAnswer>): boolean {
  return record.class === 'IN' && record.flush !== true;
}

/** RFC 2181 §8: a TTL with the top bit set counts as 0. */
function ttlOf({ ttl = 0 }: { readonly ttl?: number | undefined }): number {
  return ttl > 0x7fffffff ? 0 : ttl;
}

function toExtendedErrors(edns: OptAnswer): ExtendedError[] {
  return edns.options.flatMap(({ code, data }: { code: number; data?: Buffer | undefined }) =>
    code === extendedErrorOption && data !== undefined && data.length >= 2
      ? [{ code: data.readUInt16BE(0), text: toPrintableText(data.toString('utf8', 2), maxErrorTextLength) }]
      : [],
  );
}
