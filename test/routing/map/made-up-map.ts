/** A map of so many domains of one onion address: big enough that its writing takes a while. */
import { makeOnionAddress } from '../../made-up-onions.ts';

export function makeMapText(domains: number): string {
  const names = Array.from({ length: domains * 1000 }, (_, index) => `  - d${index}.test\n`);
  return `${makeOnionAddress(1)}:\n${names.join('')}`;
}
