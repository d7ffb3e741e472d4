/** After which time without an answer of its onion the mail for a domain takes the clear net, and for which domains otherwise. */
import { z } from 'zod';
import { exceptionDomain } from './domain-exception.ts';
import { milliseconds } from './setting-values.ts';
import { describeValue } from './yaml-source.ts';

export const clearNetAfterMs = z.union([z.literal('never'), milliseconds(1)], {
  error: ({ input }) =>
    input === undefined
      ? 'this key is missing'
      : `must be never, or milliseconds as a whole number from 1 to 432000000, not ${describeValue(input)}`,
});

export const outageException = z
  .strictObject({
    domain: exceptionDomain,
    clearNetAfterMs: clearNetAfterMs.describe('as above. Required.'),
  })
  .readonly();
