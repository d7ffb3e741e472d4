/** Asks onionmx where a recipient goes, as Postfix does: socketmap_table(5) on a Unix-domain socket. */
import { connect } from 'node:net';
import { encodeNetstring, NetstringDecoder } from '../../../src/protocol/netstring.ts';
import { maxSocketmapBytes } from '../../../src/protocol/socketmap.ts';

const timeoutMs = 20_000;

export interface SocketmapAnswer {
  /** Such as `OK onion:unix:onionmx/AAA.onion`. */
  readonly text: string;
  readonly ms: number;
}

export async function askSocketmap(path: string, key: string): Promise<SocketmapAnswer> {
  const startedMs = performance.now();
  const socket = connect({ path });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`${path} said nothing for ${timeoutMs} ms`)));
  socket.write(encodeNetstring(`onionmx ${key}`));
  const decoder = new NetstringDecoder(maxSocketmapBytes);
  for await (const bytes of socket) {
    for (const reply of decoder.decode(bytes))
      return { text: reply.toString(), ms: performance.now() - startedMs };
  }
  throw new Error(`${path} closed the connection without an answer`);
}
