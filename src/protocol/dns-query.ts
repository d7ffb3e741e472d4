/**
 * The question of a stub resolver, and what counts as an answer to it: RFC 1035 §4, SRV (RFC 2782), EDNS(0)
 * (RFC 6891), the AD bit in a query as the wish to be told (RFC 6840 §5.7). dns-packet writes the wire format.
 * Left out: the DO bit (the resolver validates), cookies, a retry without EDNS.
 */
import { AUTHENTIC_DATA, encode, type OptAnswer, RECURSION_DESIRED } from 'dns-packet';
import { OnionmxError } from '../errors.ts';
import { type DnsName, foldCase } from './dns-name.ts';
import { isUnderOnion } from './domain-name.ts';

const headerBytes = 12;
/** Fits one unfragmented packet on any path (DNS flag day 2020): fragments can be forged. */
const udpPayloadBytes = 1232;

/** The query for `name`. `id` is a random 16-bit number. Throws `bug` for a name under .onion. */
export function encodeSrvQuery(name: DnsName, id: number): Buffer {
  // RFC 7686 §2: the one place where a name becomes a query, so no such name can reach DNS.
  if (isUnderOnion(name)) throw new OnionmxError('bug', `${name} was about to be asked of DNS`);
  const edns: OptAnswer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: udpPayloadBytes,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  const flags = RECURSION_DESIRED | AUTHENTIC_DATA;
  return encode({
    type: 'query',
    id,
    flags,
    questions: [{ type: 'SRV', name, class: 'IN' }],
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
