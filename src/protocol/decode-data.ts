/**
 * Decodes the message after DATA (RFC 5321 §4.5.2): takes the doubled dots out and finds the end.
 *
 * Only CRLF . CRLF ends the data. But servers further on may be lenient (SMTP smuggling, CVE-2023-51764 to -51766): some
 * end a line at a bare LF, some (Cisco's default "clean" mode) at a bare CR, some drop NULs first. To them a dot after
 * such a break is the end of the message, and what follows is a second message in the name of this host. So refused are
 * - a bare LF anywhere: no MTA that keeps lines sends one (Postfix stores lines, Exim turns LF into CRLF);
 * - a dot that only such a server sees at the start of a line: after a bare CR, with NULs between or not, or after NULs
 *   at the start of a line. Nobody would double that dot on the way out.
 * Every other bare CR and every NUL passes as it is: mail has them, they can end nothing, and refusing them would bounce
 * mail that the MTA had accepted. (Postfix replaces a stray CR or LF since 3.9 and in the 3.5 to 3.8 updates of 2024,
 * `cleanup_replace_stray_cr_lf`, older ones pass a bare CR on.)
 * A refused message is still read to its own end, so that no word of it is taken for a command.
 */

export type DataProblem = 'bare-lf' | 'hidden-dot' | 'too-long';

interface DecodedData {
  /** Octets of the message, dots taken out; empty once there is a problem. */
  readonly body: Buffer;
  /** What came after the end of the data; undefined while the data goes on. */
  readonly rest: Buffer | undefined;
}

/** `break`: where a lenient server sees the start of a line and we do not. */
type Place = 'line-start' | 'dot' | 'dot-cr' | 'text' | 'cr' | 'break';

const [nul, lf, cr, dot] = [0, 10, 13, 46];
const crBytes = Buffer.of(cr);
const nothing = Buffer.alloc(0);

/** For one message. `maxBytes` limits the decoded octets; Infinity is allowed. */
export class DataDecoder {
  /** The first thing that is wrong with the message. */
  problem: DataProblem | undefined;
  readonly #maxBytes: number;
  #place: Place = 'line-start';
  #bodyBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): DecodedData {
    const parts: Buffer[] = [];
    const [crs, lfs] = [new ByteFinder(chunk, cr), new ByteFinder(chunk, lf)];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (this.#place === 'text') at = Math.min(crs.from(at), lfs.from(at));
      const byte = chunk[at];
      if (byte === undefined) break;
      const before = this.#place;
      const place = follow(before, byte);
      if (place === 'end') return { body: this.#collect(parts), rest: chunk.subarray(at + 1) };
      this.problem ??= problemOf(before, byte, place);
      if (before === 'dot-cr' && at === 0) parts.push(crBytes);
      if (place === 'dot') {
        parts.push(chunk.subarray(start, at));
        start = at + 1;
      }
      this.#place = place;
    }
    // a CR after a dot may belong to the end of the data: it waits for the next byte
    parts.push(chunk.subarray(start, this.#place === 'dot-cr' ? -1 : undefined));
    return { body: this.#collect(parts), rest: undefined };
  }

  #collect(parts: readonly Buffer[]): Buffer {
    for (const part of parts) this.#bodyBytes += part.length;
    if (this.#bodyBytes > this.#maxBytes) this.problem ??= 'too-long';
    if (this.problem !== undefined) return nothing;
    const [first = nothing] = parts;
    return parts.length > 1 ? Buffer.concat(parts) : first;
  }
}

function follow(place: Place, byte: number): Place | 'end' {
  if (byte === cr) return place === 'dot' ? 'dot-cr' : 'cr';
  if (byte === lf && place === 'dot-cr') return 'end';
  if (byte === lf && place === 'cr') return 'line-start';
  if (byte === dot && place === 'line-start') return 'dot';
  return byte === nul && place !== 'text' ? 'break' : 'text';
}

/** This is where smuggling stops: an LF that ended no line, or a dot that only a lenient server takes for a line's first. */
function problemOf(before: Place, byte: number, place: Place): DataProblem | undefined {
  if (byte === lf && place === 'text') return 'bare-lf';
  const isHidden = before === 'cr' || before === 'dot-cr' || before === 'break';
  return byte === dot && isHidden ? 'hidden-dot' : undefined;
}

/** Finds a byte from ever later positions, and looks at no part of the chunk twice. */
class ByteFinder {
  readonly #chunk: Buffer;
  readonly #byte: number;
  #found = -1;

  constructor(chunk: Buffer, byte: number) {
    this.#chunk = chunk;
    this.#byte = byte;
  }

  /** The chunk's length when there is none. */
  from(position: number): number {
    if (this.#found < position) {
      const found = this.#chunk.indexOf(this.#byte, position);
      this.#found = found < 0 ? this.#chunk.length : found;
    }
    return this.#found;
  }
}
