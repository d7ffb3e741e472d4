/** What the exceptions of a setting have in common: the domain, exact or with all names below it, each once. */
import type { z } from 'zod';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';
import { parsedText } from './parsed-text.ts';

/** As in Postfix's tables: a dot in front means all names below. */
type DomainOrEnding = DomainName | `.${DomainName}`;

const domainOrEnding = parsedText<DomainOrEnding>(parseDomainOrEnding, (name) => name);

/** The field `domain` of each exception. */
export const exceptionDomain = domainOrEnding.describe(
  'its name, or .example.org for all names below it. Required.',
);

type Check = z.core.ParsePayload<readonly { readonly domain: DomainOrEnding }[]>;

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
