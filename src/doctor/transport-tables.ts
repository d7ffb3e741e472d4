/** The tables of Postfix's transport_maps, and which of them is ours (transport(5), socketmap_table(5), tcp_table(5)). */
import { join } from 'node:path';
import { splitPostfixWords } from '../mail-host/postfix-words.ts';
import { formatSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';

export interface TransportTables {
  readonly before: readonly string[];
  /** undefined: none of them leads to us. */
  readonly ours: string | undefined;
  /** Tables that lead to a socketmap or a tcp_table of somebody else: perhaps ours, at another address. */
  readonly strangers: readonly string[];
}

/** value: transport_maps with its references resolved. addresses: where onionmx answers. */
export function readTransportTables(
  value: string,
  queueFolder: string,
  addresses: readonly SocketAddress[],
): TransportTables {
  const tables = splitPostfixWords(value, 'blanks and commas');
  const wanted = new Set(addresses.map(formatSocketAddress));
  const isOurs = (table: string) => wanted.has(addressOfTable(table, queueFolder) ?? '');
  const place = tables.findIndex(isOurs);
  return {
    before: place === -1 ? tables : tables.slice(0, place),
    ours: tables[place],
    strangers: tables.filter((table) => addressOfTable(table, queueFolder) !== undefined && !isOurs(table)),
  };
}

/** As socket-address.ts writes it. A relative path begins in the queue directory, where Postfix's processes are. */
function addressOfTable(table: string, queueFolder: string): string | undefined {
  const text = table.replace(/^proxy:/, '');
  const [, path] = /^socketmap:unix:(.+):[^:]*$/.exec(text) ?? [];
  if (path !== undefined) return `unix:${path.startsWith('/') ? path : join(queueFolder, path)}`;
  const [, host, port] =
    /^socketmap:inet:(.+):(\d+):[^:]*$/.exec(text) ?? /^tcp:(.+):(\d+)$/.exec(text) ?? [];
  return host === undefined ? undefined : `${ipOf(host)}:${port}`;
}

function ipOf(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** Whether the table is named by a path that a process in a chroot cannot reach. */
export function hasAbsolutePath(table: string): boolean {
  return table.startsWith('socketmap:unix:/');
}
