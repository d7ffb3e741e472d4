/** One exchanger in the domain map: `{ onion, port, priority, weight }`, or as text `<56 characters>.onion` or `….onion:26`. */
import { isMap, type ParsedNode } from 'yaml';
import { z } from 'zod';
import { checkNode } from '../../config/check-node.ts';
import type { FileComplaints } from '../../config/file-complaints.ts';
import { parsedText } from '../../config/parsed-text.ts';
import { OnionmxError } from '../../errors.ts';
import { type Exchanger, formatExchanger } from '../../protocol/exchanger.ts';
import { parseOnionAddress } from '../../protocol/onion-address.ts';

const preference = z.int().min(0).max(65_535).default(0);
const exchangerMapping = z.strictObject({
  onion: parsedText(parseOnionAddress, (address) => address),
  port: z.int().min(1).max(65_535).default(25),
  priority: preference,
  weight: preference,
});
const exchangerText = parsedText(parseExchangerText, formatExchanger);

/** undefined after a complaint. */
export function readExchanger(node: ParsedNode, complaints: FileComplaints): Exchanger | undefined {
  if (!isMap(node)) return checkNode(exchangerText, node, complaints);
  const found = checkNode(exchangerMapping, node, complaints);
  if (found === undefined) return undefined;
  const { onion, ...rest } = found;
  return { onionAddress: onion, ...rest };
}

function parseExchangerText(text: string): Exchanger {
  const [, host = text, digits = '25'] = /^(.*):([^:]*)$/.exec(text) ?? [];
  return { onionAddress: parseOnionAddress(host), port: parsePort(text, digits), priority: 0, weight: 0 };
}

function parsePort(text: string, digits: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new OnionmxError(
    'map-invalid',
    `${JSON.stringify(text)} has no port between 1 and 65535 after the colon`,
  );
}
