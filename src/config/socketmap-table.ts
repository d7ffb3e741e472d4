/**
 * The policy daemon of the operator, written as in Postfix's smtp_tls_policy_maps: `socketmap:inet:127.0.0.1:8461:postfix` or
 * `socketmap:unix:/run/mta-sts/daemon.sock:postfix` (socketmap_table(5)).
 */
import { OnionmxError } from '../errors.ts';
import {
  formatSocketAddress,
  isLocalAddress,
  parseSocketAddress,
  type SocketAddress,
} from '../protocol/socket-address.ts';
import { parsedText } from './parsed-text.ts';

interface SocketmapTable {
  readonly address: SocketAddress;
  readonly mapName: string;
}

export const socketmapTable = parsedText<SocketmapTable>(parseTable, formatTable);

function parseTable(text: string): SocketmapTable {
  const [, kind, place = '', mapName = ''] =
    /^socketmap:(inet|unix):(.+):([A-Za-z0-9_.-]+)$/.exec(text) ?? [];
  if (kind === undefined)
    throw refuse(
      text,
      'is no socketmap table: write socketmap:inet:IP:PORT:NAME or socketmap:unix:/PATH:NAME',
    );
  const address = parseSocketAddress(kind === 'unix' ? `unix:${place}` : place);
  // Stops an attack: what it says is neither authenticated nor encrypted.
  if (!isLocalAddress(address)) throw refuse(text, 'is not on this host: use 127.0.0.1, [::1] or unix:/path');
  return { address, mapName };
}

function formatTable({ address, mapName }: SocketmapTable): string {
  const place = formatSocketAddress(address);
  return `socketmap:${address.kind === 'unix' ? place : `inet:${place}`}:${mapName}`;
}

function refuse(text: string, why: string): OnionmxError {
  return new OnionmxError('config-invalid', `${JSON.stringify(text)} ${why}`);
}
