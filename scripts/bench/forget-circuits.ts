/** Tells Tors to use no circuit of before for new streams, and to forget the descriptors of onions (SIGNAL NEWNYM). */
import { connect } from 'node:net';

const timeoutMs = 20_000;

export async function forgetCircuits(controlPaths: readonly string[]): Promise<void> {
  await Promise.all(controlPaths.map(signalNewnym));
}

/** A second one within ten seconds is put off by Tor until those are over. */
async function signalNewnym(path: string): Promise<void> {
  const socket = connect({ path });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`${path} said nothing for ${timeoutMs} ms`)));
  socket.write('AUTHENTICATE\r\nSIGNAL NEWNYM\r\nQUIT\r\n');
  let text = '';
  for await (const bytes of socket) text += String(bytes);
  if (!text.startsWith('250 OK\r\n250 OK\r\n')) throw new Error(`${path} says: ${text}`);
}
