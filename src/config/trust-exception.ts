/** Which evidence is enough for mail to go over an onion, and for which domains another one. */
import { z } from 'zod';
import { exceptionDomain } from './domain-exception.ts';

export const enoughEvidence = z.enum(['pinned', 'proved', 'dnssec', 'certificate', 'remembered', 'dns']);

export const trustException = z
  .strictObject({
    domain: exceptionDomain,
    enough: enoughEvidence.describe('as above. Required.'),
  })
  .readonly();
