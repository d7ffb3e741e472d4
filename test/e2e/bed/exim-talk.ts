/** Says SMTP commands one at a time and collects the replies, whatever they are; the first bytes can be a PROXY header. */
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connectThroughSocks, type SocksTarget } from './socks-connect.ts';

export function connectLocally(port: number): Socket {
  return createConnection({ host: '127.0.0.1', port });
}

export async function connectThroughTor(socksPath: string, target: SocksTarget): Promise<Socket> {
  const outcome = await connectThroughSocks({ path: socksPath }, target, 60_000);
  if (outcome.kind !== 'connected') throw new Error(`${target.host}: ${JSON.stringify(outcome)}`);
  outcome.socket.pause();
  outcome.socket.unshift(outcome.firstBytes);
  return outcome.socket;
}

/** The banner, and one reply a command; lines joined by LF. Ends early when the server hangs up. */
export async function talkSmtp(
  socket: Socket,
  first: string | Uint8Array,
  commands: readonly string[],
): Promise<string[]> {
  socket.setTimeout(60_000, () => socket.destroy());
  socket.on('error', () => {}); // a connection that is cut is an answer too
  if (first.length > 0) socket.write(first);
  const waiting = [...commands];
  const replies: string[] = [];
  let lines: string[] = [];
  for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
    lines.push(line);
    if (line[3] === '-') continue;
    replies.push(lines.join('\n'));
    lines = [];
    const command = waiting.shift();
    if (command === undefined) break;
    socket.write(`${command}\r\n`);
  }
  socket.destroy();
  return replies;
}
