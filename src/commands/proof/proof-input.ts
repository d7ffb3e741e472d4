/** A proof as an operator has it: the file, or its TXT record as dig or `onionmx proof make --txt` print it. */
import { open } from 'node:fs/promises';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { OnionmxError, messageOf } from '../../errors.ts';
import { parseProof } from '../../protocol/proof-parser.ts';
import type { SignedProof } from '../../protocol/proof-signature.ts';
import { decodeProofTxt } from '../../protocol/proof-txt.ts';

/** What dig prints for a few proofs of the greatest size. */
const maxBytes = 64 * 1024;

/** `-` is standard input. Throws `proof-unreadable`, `proof-malformed` and `proof-other-version`. */
export async function readProof(file: string, stdin: Readable = process.stdin): Promise<SignedProof> {
  return parseProof(bytesOfProof(await readBytes(file, stdin)));
}

async function readBytes(file: string, stdin: Readable): Promise<Buffer> {
  try {
    return await readUpTo(file === '-' ? stdin : (await open(file)).createReadStream());
  } catch (cause) {
    const why = messageOf(cause);
    throw new OnionmxError('proof-unreadable', `cannot read the proof: ${why}`, {
      hint: `look at its name and permissions: \`ls -l ${file}\``,
      cause,
    });
  }
}

/** One octet more than allowed is enough to be refused. */
async function readUpTo(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    bytes += Buffer.from(chunk).length;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(chunks);
}

function bytesOfProof(bytes: Buffer): Buffer {
  const records = bytes.toString('latin1').split('\n').map(stringsOfLine).map(decodeProofTxt);
  const [first, ...others] = records.filter((record) => record !== undefined);
  if (first === undefined) return bytes;
  if (others.every((other) => other.equals(first))) return first;
  throw new OnionmxError(
    'proof-unreadable',
    `cannot read the proof: there are ${others.length + 1} of them`,
    {
      hint: 'give one line after the other, such as the first: `head -1 FILE | onionmx proof verify -`',
    },
  );
}

/** The quoted strings of a line of a zone file. Those of a proof have neither quotes nor backslashes inside. */
function stringsOfLine(line: string): readonly Buffer[] {
  return Array.from(line.matchAll(/"([^"\\]*)"/g), ([, text = '']) => Buffer.from(text, 'latin1'));
}
