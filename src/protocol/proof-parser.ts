/**
 * Reads a proof, version 1 (docs/proofs.md): one line a field, in a fixed order, each value in its one spelling. What is not exactly the
 * text that formatProof makes is refused, with its place. Left out: whether the signature is right, and whether it holds now.
 */
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { isUnderOnion, parseDomainName } from './domain-name.ts';
import { parseOnionAddress } from './onion-address.ts';
import { type LineSource, openLines } from './proof-lines.ts';
import type { SignedProof } from './proof-signature.ts';
import { type ProofStatement, proofFirstLine, proofLimits } from './proof-statement.ts';
import { parseProofTime } from './proof-time.ts';

/** The last line is the signature: nothing may follow it. Throws `proof-malformed` and `proof-other-version`. */
export function parseProof(bytes: Uint8Array): SignedProof {
  const lines = openLines(bytes, proofLimits.bytes);
  readVersion(lines);
  const statement = readStatement(lines);
  const signature = lines.takeOne('signature', parseSignature);
  lines.assertEnd();
  return { statement, signature };
}

function readVersion(lines: LineSource): void {
  const first = lines.takeLine();
  if (first === proofFirstLine) return;
  const [, version] = /^onionmx-proof ([1-9]\d{0,8})$/.exec(first) ?? [];
  if (version === undefined)
    throw lines.complain(`this is no proof: it does not begin with "${proofFirstLine}"`);
  throw new OnionmxError('proof-other-version', `the proof is of version ${version}, only 1 is known`, {
    hint: 'see whether there is a newer onionmx than this one: `onionmx --version`',
  });
}

function readStatement(lines: LineSource): ProofStatement {
  const onionAddress = lines.takeOne('onion', (text) => same(text, parse(parseOnionAddress, text)));
  const domains = lines.takeSome('domain', proofLimits.domains, parseDomain);
  const ports = lines.takeSome('port', proofLimits.ports, parsePort);
  const issuedSeconds = lines.takeOne('issued', parseTime);
  const expiresSeconds = lines.takeOne('expires', (text) => {
    const seconds = parseTime(text);
    if (seconds <= issuedSeconds) throw new Error('it is not after the time of issue');
    return seconds;
  });
  return { onionAddress, domains, ports, issuedSeconds, expiresSeconds };
}

function parseDomain(text: string) {
  const domain = same(text, parse(parseDomainName, text));
  if (isUnderOnion(domain)) throw new Error('a name under .onion is its own proof');
  return domain;
}

function parsePort(text: string): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new Error('a port is a number from 1 to 65535 without leading zeros');
}

function parseTime(text: string): number {
  const seconds = parseProofTime(text);
  if (seconds !== undefined) return seconds;
  throw new Error('a time looks like 2026-01-31T12:00:00Z');
}

function parseSignature(text: string): Buffer {
  const signature = Buffer.from(text, 'base64');
  // Buffer.from reads over what is no base 64, and over bits that no octet holds: only the one spelling comes back the same
  if (signature.length === 64 && signature.toString('base64') === text) return signature;
  throw new Error('a signature is 64 octets in base 64: 88 characters');
}

/** The errors of addresses and domains as reasons: in a proof they have the code of proofs. */
function parse<T>(parser: (text: string) => T, text: string): T {
  try {
    return parser(text);
  } catch (thrown) {
    const error = toOnionmxError(thrown);
    throw error.code === 'bug' ? error : new Error(error.message, { cause: error });
  }
}

/** Parsers are kind to people: they take capital letters and dots at the end. A proof has one spelling. */
function same<T extends string>(text: string, value: T): T {
  if (value === text) return value;
  throw new Error(`it must be written ${value}`);
}
