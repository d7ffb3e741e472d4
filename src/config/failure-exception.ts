/** A domain for which a DNS failure means something else than for the others. */
import { z } from 'zod';
import { exceptionDomain } from './domain-exception.ts';

export const onFailure = z.enum(['bounded', 'defer', 'clearnet']);

export const failureException = z
  .strictObject({
    domain: exceptionDomain,
    onFailure: onFailure.describe('as above. Required.'),
  })
  .readonly();
