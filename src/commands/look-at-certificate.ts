/** Whether an exchanger shows a certificate for one of the names of a domain, and what it shows in words. */
import { type ShownCertificate, showCertificate } from '../delivery/show-certificate.ts';
import { messageOf } from '../errors.ts';
import type { Connection } from '../net/connection.ts';
import { coversMxName } from '../protocol/certificate-name.ts';
import { type Exchanger, formatExchanger } from '../protocol/exchanger.ts';
import type { CertificateLook } from '../routing/trust/look-for-evidence.ts';

interface Way {
  readonly dial: (exchanger: Exchanger) => Promise<Connection>;
  readonly heloName: string;
  /** Authorities in place of those that Node.js knows; for tests. */
  readonly ca?: string;
}

/** `names`: as in an MTA-STS policy, the domain itself first. Never throws. */
export async function lookAtCertificate(
  exchanger: Exchanger,
  names: readonly string[],
  { dial, ...hello }: Way,
): Promise<CertificateLook> {
  try {
    const connection = await dial(exchanger);
    const shown = await showCertificate(connection, exchanger, { ...hello, serverName: names[0] ?? '' });
    return judgeCertificate(shown, formatExchanger(exchanger), names);
  } catch (thrown) {
    const name = formatExchanger(exchanger);
    return { isGood: undefined, found: `the certificate of ${name} cannot be seen: ${messageOf(thrown)}` };
  }
}

function judgeCertificate(shown: ShownCertificate, name: string, wanted: readonly string[]): CertificateLook {
  if (shown.kind === 'none') return { isGood: false, found: shown.why };
  if (!shown.isTrusted)
    return { isGood: false, found: `the certificate of ${name} is not valid: ${shown.why}` };
  const isGood = wanted.some((pattern) => coversMxName(shown.names, pattern));
  const found = `${name} shows a certificate for ${shown.names.slice(0, 10).join(', ')}`;
  return isGood ? { isGood, found } : { isGood, found: `${found}, not for ${wanted.join(' or ')}` };
}
