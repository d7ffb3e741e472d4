/** A resolver that says what the test gives it, by name and type, and notes what it was asked. */
import type { DnsName } from '../../../src/protocol/dns-name.ts';
import { type DnsRecord, type RecordType, readRecords } from '../../../src/protocol/dns-records.ts';
import type { Lookup, Resolver } from '../../../src/routing/dns/resolver.ts';
import type { Answer } from 'dns-packet';

type Data =
  | { readonly type: 'MX'; readonly data: { readonly preference: number; readonly exchange: string } }
  | { readonly type: 'TXT'; readonly data: string }
  | {
      readonly type: 'TLSA';
      readonly data: {
        readonly usage: number;
        readonly selector: number;
        readonly matchingType: number;
        readonly certificate: Buffer;
      };
    };

export type Told =
  | { readonly records: readonly Data[]; readonly isSigned?: boolean; readonly ttlSeconds?: number }
  | { readonly none: 'nxdomain' | 'no-data'; readonly isSigned?: boolean; readonly ttlSeconds?: number }
  | { readonly failed: string }
  | 'silence';

export interface FakeResolver extends Resolver {
  /** Such as `MX b.test`, in this order. */
  readonly asked: readonly string[];
  /** Says something else from now on. */
  readonly tell: (question: string, told: Told) => void;
}

/** What it is not told does not exist, unsigned. */
export function createFakeResolver(answers: Readonly<Record<string, Told>>): FakeResolver {
  const told = new Map(Object.entries(answers));
  const asked: string[] = [];
  return {
    asked,
    tell: (question, answer) => void told.set(question, answer),
    async lookup<Type extends RecordType>(name: DnsName, type: Type): Promise<Lookup<Type>> {
      const question = `${type} ${name}`;
      asked.push(question);
      return toLookup(name, type, told.get(question) ?? { none: 'nxdomain' });
    },
  };
}

async function toLookup<Type extends RecordType>(
  name: DnsName,
  type: Type,
  told: Told,
): Promise<Lookup<Type>> {
  if (told === 'silence') return new Promise(() => {});
  if ('failed' in told) return { kind: 'failed', why: 'servfail', detail: told.failed, resolver: 'fake' };
  const { isSigned: authenticated = false, ttlSeconds = 60 } = told;
  const provenance = { authenticated, ttlSeconds, resolver: 'fake', chain: [] };
  if ('none' in told) return { kind: 'none', why: told.none, ...provenance };
  const answers: Answer[] = told.records.map((record) => ({ class: 'IN', name, ttl: ttlSeconds, ...record }));
  const records: DnsRecord<Type>[] = readRecords(type, answers);
  return { kind: 'records', records, ...provenance };
}

export function mx(exchange: string, preference = 0): Data {
  return { type: 'MX', data: { preference, exchange } };
}

export function txt(text: string): Data {
  return { type: 'TXT', data: text };
}

/** `words`: usage, selector, matching type, as in a zone file; the data has the length that is due. */
export function tlsa(words = '3 1 1', dataBytes = 32): Data {
  const [usage = 0, selector = 0, matchingType = 0] = words.split(' ').map(Number);
  return { type: 'TLSA', data: { usage, selector, matchingType, certificate: Buffer.alloc(dataBytes, 7) } };
}
