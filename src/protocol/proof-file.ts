/** A published file with one proof, or several one after another: docs/proofs.md. */
import { OnionmxError } from '../errors.ts';

export const maxProofFileBytes = 65_536;
/** Of what a stranger publishes: each costs a check of its signature. */
const usualMaxProofs = 32;
const start = 'onionmx-proof ';

/** The octets of each, to be parsed: what is before the first is part of it, and so makes it malformed. Throws `proof-malformed`. */
export function splitProofFile(bytes: Buffer, maxProofs = usualMaxProofs): readonly Buffer[] {
  const places = [0];
  for (let at = bytes.indexOf(`\n${start}`); at >= 0; at = bytes.indexOf(`\n${start}`, at + 1))
    places.push(at + 1);
  if (places.length > maxProofs)
    throw new OnionmxError('proof-malformed', `the file has more than ${maxProofs} proofs`, {
      hint: 'its operator has to take old ones out: one for each onion service is enough',
    });
  return places.map((place, index) => bytes.subarray(place, places[index + 1]));
}
