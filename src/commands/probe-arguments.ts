/** What `onionmx probe` is asked to do, read from the words of its command line. */
import { OnionmxError } from '../errors.ts';
import { type DomainName, isUnderOnion, parseDomainName } from '../protocol/domain-name.ts';
import type { Exchanger } from '../protocol/exchanger.ts';
import { domainOfAddress } from '../protocol/mail-address.ts';
import { parseOnionAddress } from '../protocol/onion-address.ts';
import { parsePort } from '../protocol/port.ts';

type ProbeTarget =
  /** Its exchangers have to be found: also those of an onion address without a port. */
  | { readonly kind: 'domain'; readonly domain: DomainName }
  | { readonly kind: 'exchanger'; readonly exchanger: Exchanger };

/** `example.org`, `bob@example.org`, `AAA.onion` or `AAA.onion:2525`. Throws `domain-invalid`, `port-invalid` and `address-…`. */
export function parseProbeTarget(text: string): ProbeTarget {
  const [, host, digits = ''] = /^(.*):([^:]*)$/s.exec(text) ?? [];
  if (host === undefined) return { kind: 'domain', domain: parseDomainName(domainOfAddress(text) ?? text) };
  if (!isUnderOnion(host.toLowerCase())) {
    throw new OnionmxError('address-not-onion', `${JSON.stringify(text)}: only an onion address has a port`, {
      hint: 'leave the port out: a domain says by its SRV records or in your map which ports its exchangers have',
    });
  }
  const exchanger = { onionAddress: parseOnionAddress(host), port: parsePort(text, digits) };
  return { kind: 'exchanger', exchanger: { ...exchanger, priority: 0, weight: 0 } };
}

/** The recipient of `--to`, as it may stand in a RCPT command. Throws `mail-address-invalid`. */
export function parseProbeRecipient(text: string): string {
  // stops command injection: whoever chooses the address, such as a web form, must not get at MAIL, DATA or RCPT parameters
  const isSafe = !/[\s\p{Cc}<>]/u.test(text);
  if (isSafe && /^.+@.+$/.test(text)) return text;
  const why = isSafe ? 'it has no @ between a name and a domain' : 'it has a blank, a line break or < or >';
  throw new OnionmxError(
    'mail-address-invalid',
    `${JSON.stringify(text)} is no recipient to ask for: ${why}`,
    {
      hint: 'write one plain address, such as bob@example.org',
    },
  );
}

/** Whom a message goes to: the domain is that of the route, and stands in the address as an A-label. */
export interface SendAddress {
  readonly address: string;
  readonly domain: DomainName;
  /** RFC 6531 §3.4: the part before the @ is not ASCII. */
  readonly needsSmtpUtf8: boolean;
}

/** `bob@example.org`, also with a domain under .onion. Throws `mail-address-invalid` and `domain-invalid`. */
export function parseSendAddress(text: string): SendAddress {
  const checked = parseProbeRecipient(text);
  const domain = parseDomainName(domainOfAddress(checked) ?? '');
  const localPart = checked.slice(0, checked.lastIndexOf('@'));
  return { address: `${localPart}@${domain}`, domain, needsSmtpUtf8: /[^\p{ASCII}]/u.test(localPart) };
}
