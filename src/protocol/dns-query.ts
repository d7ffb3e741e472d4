/**
 * The question of a stub resolver, and what counts as an answer to it: RFC 1035 §4, EDNS(0) (RFC 6891), the AD bit in a query as the wish to be told (RFC 6840 §5.7). dns-packet writes the wire format.
 * Padding: RFC 7830, RFC 8467. Left out: the DO bit (the resolver validates), cookies, a retry without EDNS.
 */
import { AUTHENTIC_DATA, encode, type OptAnswer, RECURSION_DESIRED } from 'dns-packet';
import { OnionmxError } from '../errors.ts';
import { type DnsName, foldCase } from './dns-name.ts';
import type { RecordType } from './dns-records.ts';
import { isUnderOnion } from './domain-name.ts';

const headerBytes = 12;
/** Fits one unfragmented packet on any path (DNS flag day 2020): fragments can be forged. */
const udpPayloadBytes = 1232;
/** RFC 8467 §4.1: queries are padded to a multiple of this. */
const paddedOctets = 128;
/** Code and length of the option (RFC 7830 §3). */
const paddingHeadBytes = 4;
const paddingOption = 12;

export interface DnsQuestion {
  readonly name: DnsName;
  readonly type: RecordType;
}

/**
 * The query for `question`. `id` is a random 16-bit number, but 0 over HTTPS (RFC 8484 §4.1). `isPadded` belongs to
 * encrypted ways: there the length would tell the name. Throws `bug` for a name under .onion.
 */
export function encodeDnsQuery(question: DnsQuestion, id: number, isPadded = false): Buffer {
  const { name } = question;
  // RFC 7686 §2: the one place where a name becomes a query, so no such name can reach DNS.
  if (isUnderOnion(name)) throw new OnionmxError('bug', `${name} was about to be asked of DNS`);
  const plain = encodeWith(question, id, []);
  if (!isPadded) return plain;
  const length = paddedOctets - ((plain.length + paddingHeadBytes) % paddedOctets);
  return encodeWith(question, id, [{ code: paddingOption, length: length % paddedOctets }]);
}

function encodeWith({ name, type }: DnsQuestion, id: number, options: OptAnswer['options']): Buffer {
  const edns: OptAnswer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: udpPayloadBytes,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options,
  };
  const flags = RECURSION_DESIRED | AUTHENTIC_DATA;
  return encode({
    type: 'query',
    id,
    flags,
    questions: [{ type, name, class: 'IN' }],
    additionals: [edns],
  });
}

/**
 * Whether the bytes answer this very query: id, QR, opcode, and the question octet by octet, letters in any case.
 * Stops forged answers (RFC 5452 §9.1): whoever cannot see the query has to guess its id and its port.
 */
export function isResponseTo(query: Buffer, bytes: Buffer): boolean {
  if (bytes.length < headerBytes) return false;
  const isSameId = bytes.readUInt16BE(0) === query.readUInt16BE(0);
  const isQueryResponse = (bytes.readUInt8(2) & 0xf8) === 0x80;
  return isSameId && isQueryResponse && bytes.readUInt16BE(4) === 1 && hasSameQuestion(query, bytes);
}

function hasSameQuestion(query: Buffer, bytes: Buffer): boolean {
  const nameEnd = query.indexOf(0, headerBytes) + 1;
  const questionEnd = nameEnd + 4;
  const nameOf = (message: Buffer) => foldCase(message.toString('latin1', headerBytes, nameEnd));
  return (
    nameOf(bytes) === nameOf(query) &&
    bytes.subarray(nameEnd, questionEnd).equals(query.subarray(nameEnd, questionEnd))
  );
}

/** The TC bit: the rest of the answer has to be asked for over TCP, and what is here may end anywhere. */
export function isTruncated(response: Buffer): boolean {
  return (response.readUInt8(2) & 0x02) !== 0;
}
