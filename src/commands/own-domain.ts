/** Own domains as the mail server names them. */
import { toOnionmxError } from '../errors.ts';
import { type DomainName, parseDomainName } from '../protocol/domain-name.ts';

/** Empty for names that mail servers take and DNS does not have, such as `localhost`. */
export function readOwnDomain(text: string): readonly DomainName[] {
  if (!text.includes('.')) return [];
  try {
    return [parseDomainName(text)];
  } catch (thrown) {
    if (toOnionmxError(thrown).code === 'bug') throw thrown;
    return [];
  }
}
