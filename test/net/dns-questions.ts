/** What the tests of the DNS client ask, and what they expect of it. */
import { OnionmxError } from '../../src/errors.ts';
import { toDnsName } from '../../src/protocol/dns-name.ts';
import type { DnsQuestion } from '../../src/protocol/dns-query.ts';

export function question(text = '_onion-mx._tcp.example.org'): DnsQuestion {
  const name = toDnsName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return { name, type: 'SRV' };
}

/** For questions that must be answered, and for those that must run into it. */
export const [longMs, shortMs] = [20_000, 50];

export const failsWith = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof OnionmxError && error.code === code && message.test(error.message);
