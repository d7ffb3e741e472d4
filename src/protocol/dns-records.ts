/**
 * The records that our DNS client asks for: SRV (RFC 2782), MX (RFC 1035 §3.3.9), TXT (RFC 1035 §3.3.14) and
 * TLSA (RFC 6698 §2), read from what dns-packet decoded.
 */
import type { Answer, OptAnswer } from 'dns-packet';
import { foldCase } from './dns-name.ts';

interface OwnedRecord {
  /** Lower case, without the final dot. */
  readonly owner: string;
  readonly ttlSeconds: number;
}

export interface SrvRecord extends OwnedRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** As it came, `.` for the root: not checked. */
  readonly target: string;
}

export interface MxRecord extends OwnedRecord {
  readonly preference: number;
  /** Lower case, without the final dot, `.` for the root (RFC 7505): otherwise not checked. */
  readonly exchange: string;
}

interface TxtRecord extends OwnedRecord {
  /** All its strings in one, an octet a character (latin1): not checked. */
  readonly text: string;
}

export interface TlsaRecord extends OwnedRecord {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  readonly data: Buffer;
}

interface RecordOfType {
  readonly SRV: SrvRecord;
  readonly MX: MxRecord;
  readonly TXT: TxtRecord;
  readonly TLSA: TlsaRecord;
}

export type RecordType = keyof RecordOfType;
export type DnsRecord<Type extends RecordType = RecordType> = RecordOfType[Type];

export interface AliasRecord extends OwnedRecord {
  /** As it came: not checked. */
  readonly target: string;
}

/** The records of one type among those of an answer. */
export function readRecords<Type extends RecordType>(
  type: Type,
  answers: readonly Answer[],
): DnsRecord<Type>[] {
  const read: (answer: Answer) => DnsRecord<Type>[] = readers[type];
  return answers.flatMap(read);
}

const readers: { readonly [Type in RecordType]: (answer: Answer) => DnsRecord<Type>[] } = {
  SRV: (record) => {
    if (record.type !== 'SRV' || !isInternetClass(record)) return [];
    const { priority = 0, weight = 0, port, target } = record.data;
    return [{ ...ownerOf(record), priority, weight, port, target }];
  },
  MX: (record) => {
    if (record.type !== 'MX' || !isInternetClass(record)) return [];
    const { preference = 0, exchange } = record.data;
    return [{ ...ownerOf(record), preference, exchange: foldCase(exchange) }];
  },
  TXT: (record) => {
    if (record.type !== 'TXT' || !isInternetClass(record)) return [];
    const strings = Array.isArray(record.data) ? record.data : [record.data];
    return [{ ...ownerOf(record), text: strings.map((part) => part.toString('latin1')).join('') }];
  },
  TLSA: (record) => {
    if (record.type !== 'TLSA' || !isInternetClass(record)) return [];
    const { usage, selector, matchingType, certificate } = record.data;
    return [{ ...ownerOf(record), usage, selector, matchingType, data: certificate }];
  },
};

export function readAliases(answers: readonly Answer[]): AliasRecord[] {
  return answers.flatMap((record) =>
    record.type === 'CNAME' && isInternetClass(record) ? [{ ...ownerOf(record), target: record.data }] : [],
  );
}

/** How long each SOA lets a negative answer hold (RFC 2308 §5). */
export function readNegativeTtls(authorities: readonly Answer[]): number[] {
  return authorities.flatMap((record) =>
    record.type === 'SOA' && isInternetClass(record)
      ? [Math.min(ttlOf(record), record.data.minimum ?? 0)]
      : [],
  );
}

/** dns-packet takes the top bit of the class for the flush bit of multicast DNS, which is not spoken here. */
function isInternetClass(record: Exclude<Answer, OptAnswer>): boolean {
  return record.class === 'IN' && record.flush !== true;
}

function ownerOf(record: { readonly name: string; readonly ttl?: number | undefined }): OwnedRecord {
  return { owner: foldCase(record.name), ttlSeconds: ttlOf(record) };
}

/** RFC 2181 §8: a TTL with the top bit set counts as 0. */
function ttlOf({ ttl = 0 }: { readonly ttl?: number | undefined }): number {
  return ttl > 0x7fffffff ? 0 : ttl;
}
