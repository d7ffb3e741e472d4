/** How exchanger sets are read back from state files: checked as strictly as when they were first parsed. */
import { z } from 'zod';
import { toExchangerSet } from './exchanger.ts';
import { parseOnionAddress } from './onion-address.ts';

const uint16 = z.int().min(0).max(65_535);

const exchangerSchema = z.strictObject({
  onionAddress: z.string().transform((text) => parseOnionAddress(text)),
  port: uint16.min(1),
  priority: uint16,
  weight: uint16,
});

export const exchangerSetSchema = z.array(exchangerSchema).transform((exchangers, context) => {
  const set = toExchangerSet(exchangers);
  if (set !== undefined) return set;
  context.addIssue('a set of exchangers must not be empty');
  return z.NEVER;
});
