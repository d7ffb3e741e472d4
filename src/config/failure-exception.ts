/** A domain for which a DNS failure means something else than for the others. */
import { z } from 'zod';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import { parsedText } from './parsed-text.ts';

export const onFailure = z.enum(['bounded', 'defer', 'clearnet']);

/** As in Postfix's tables: a dot in front means all names below. */
type DomainOrEnding = DomainName | `.${DomainName}`;

const domainOrEnding = parsedText<DomainOrEnding>(parseDomainOrEnding, (name) => name);

export const failureException = z
  .strictObject({
    domain: domainOrEnding.describe('its name, or .example.org for all names below it. Required.'),
    onFailure: onFailure.describe('as above. Required.'),
  })
  .readonly();

type Check = z.core.ParsePayload<readonly z.output<typeof failureException>[]>;

/** No entry wins in silence. */
export function refuseDomainsTwice({ value, issues }: Check): void {
  const seen = new Set<string>();
  for (const [index, { domain }] of value.entries()) {
    if (seen.has(domain))
      issues.push({
        code: 'custom',
        path: [index, 'domain'],
        message: `${domain} stands here a second time`,
        input: domain,
      });
    seen.add(domain);
  }
}

function parseDomainOrEnding(text: string): DomainOrEnding {
  return text.startsWith('.') ? `.${parseDomainName(text.slice(1))}` : parseDomainName(text);
}
