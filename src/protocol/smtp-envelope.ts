/**
 * The envelope of a message, and the MAIL and RCPT commands that carry it (RFC 5321 §4.1.1.2 and .3).
 * A parameter goes only to an exchanger that offers its extension: without DSN those of RFC 3461 are dropped, as its
 * §5.2.2 says; what cannot be dropped without harm to the message (8-bit octets, UTF-8 addresses) or to its sender (REQUIRETLS) fails here.
 */
import { OnionmxError } from '../errors.ts';
import type { EsmtpCapabilities } from './esmtp-capabilities.ts';

/** Path text is what stood between < and >, untouched; parameters are `KEYWORD` or `KEYWORD=value`, untouched. */
export interface EnvelopePath {
  readonly path: string;
  readonly parameters: readonly string[];
}

export interface Envelope {
  readonly sender: EnvelopePath;
  readonly recipients: readonly EnvelopePath[];
}

/** Command lines without CRLF; one RCPT for each recipient, in their order. */
export interface EnvelopeCommands {
  readonly mail: string;
  readonly recipients: readonly string[];
}

/** Parameters that need an extension. One that is not listed is passed on: the exchanger says what it thinks of it. */
const offersOf = new Map<string, (capabilities: EsmtpCapabilities) => boolean>([
  ['SIZE', ({ maxMessageBytes }) => maxMessageBytes !== undefined],
  ['BODY', ({ eightBitMime }) => eightBitMime],
  ['RET', ({ dsn }) => dsn],
  ['ENVID', ({ dsn }) => dsn],
  ['NOTIFY', ({ dsn }) => dsn],
  ['ORCPT', ({ dsn }) => dsn],
  ['AUTH', () => false], // RFC 4954 §5: said only to a server that we have authenticated to
]);

/** Throws `exchanger-lacks-8bitmime`, `-smtputf8` or `-requiretls`. `exchangerName` is for their texts. */
export function buildEnvelopeCommands(
  { sender, recipients }: Envelope,
  capabilities: EsmtpCapabilities,
  exchangerName: string,
): EnvelopeCommands {
  const paths = [sender, ...recipients];
  if (!capabilities.eightBitMime && sender.parameters.some(isEightBit)) {
    const message = `${exchangerName} does not offer 8BITMIME and the message has 8-bit octets`;
    throw new OnionmxError('exchanger-lacks-8bitmime', message);
  }
  if (!capabilities.smtpUtf8 && (sender.parameters.some(isSmtpUtf8) || paths.some(isInternational))) {
    const message = `${exchangerName} does not offer SMTPUTF8 and the message needs it`;
    throw new OnionmxError('exchanger-lacks-smtputf8', message);
  }
  // RFC 8689 §4.2.1: never without it, whatever went wrong before
  if (!capabilities.requireTls && requiresTls(sender)) throw lacksRequireTls(exchangerName);
  return {
    mail: formatPath('MAIL FROM:', sender, capabilities),
    recipients: recipients.map((recipient) => formatPath('RCPT TO:', recipient, capabilities)),
  };
}

/** The sender wants it to go over verified TLS alone (RFC 8689). */
export function requiresTls({ parameters }: EnvelopePath): boolean {
  return parameters.some((parameter) => keywordOf(parameter) === 'REQUIRETLS');
}

export function lacksRequireTls(exchangerName: string): OnionmxError {
  const message = `REQUIRETLS support required, and ${exchangerName} does not offer it (RFC 8689)`;
  return new OnionmxError('exchanger-lacks-requiretls', message);
}

/** A command as it goes over the line. */
export function encodeCommand(text: string): string {
  // stops command injection: a line break in an address would let its author speak to the exchanger
  if (/\p{Cc}/u.test(text)) {
    throw new OnionmxError('bug', `a control character in the SMTP command ${JSON.stringify(text)}`);
  }
  return `${text}\r\n`;
}

function formatPath(
  verb: string,
  { path, parameters }: EnvelopePath,
  capabilities: EsmtpCapabilities,
): string {
  const kept = parameters.filter((parameter) => offersOf.get(keywordOf(parameter))?.(capabilities) ?? true);
  return [`${verb}<${path}>`, ...kept].join(' ');
}

function keywordOf(parameter: string): string {
  return parameter.replace(/=.*$/s, '').toUpperCase();
}

function isEightBit(parameter: string): boolean {
  return keywordOf(parameter) === 'BODY' && parameter.toUpperCase() !== 'BODY=7BIT';
}

function isSmtpUtf8(parameter: string): boolean {
  return keywordOf(parameter) === 'SMTPUTF8';
}

function isInternational({ path }: EnvelopePath): boolean {
  return /[^\p{ASCII}]/u.test(path);
}
