/** The port behind the colon of an onion address, as people write it. */
import { OnionmxError } from '../errors.ts';

/** `text` is the whole, for the complaint. Throws `port-invalid`. */
export function parsePort(text: string, digits: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new OnionmxError(
    'port-invalid',
    `${JSON.stringify(text)} has no port between 1 and 65535 after the colon`,
    { hint: 'write AAA.onion:2525, or leave the port out for port 25' },
  );
}
