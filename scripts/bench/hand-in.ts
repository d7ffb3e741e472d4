/** Hands mail to a Postfix over SMTP, as fast as it takes it: several connections, each with many messages. */
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface Mail {
  readonly recipient: string;
  /** With CRLF line ends, no line of which begins with a dot. */
  readonly message: Buffer;
}

export interface HandedIn {
  readonly queueId: string;
  /** When its last byte was sent, on the clock of performance.now(). */
  readonly atMs: number;
}

const timeoutMs = 60_000;

export async function handIn(port: number, mails: readonly Mail[], connections: number): Promise<HandedIn[]> {
  const waiting = [...mails];
  const handed: HandedIn[] = [];
  const work = async () => {
    const client = await connect(port);
    for (let mail = waiting.shift(); mail !== undefined; mail = waiting.shift())
      handed.push(await client.send(mail));
    client.leave();
  };
  await Promise.all(Array.from({ length: Math.min(connections, mails.length) }, work));
  return handed;
}

async function connect(port: number) {
  const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no SMTP reply in ${timeoutMs} ms`)));
  const hear = createReader(socket);
  await hear(/^220/);
  socket.write('EHLO client.test\r\n');
  await hear(/^250/);
  return {
    send: async ({ recipient, message }: Mail): Promise<HandedIn> => {
      socket.write(`MAIL FROM:<alice@sender.test>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`);
      for (const expected of [/^250/, /^250/, /^354/]) await hear(expected);
      const atMs = performance.now();
      socket.write(Buffer.concat([message, Buffer.from('.\r\n')]));
      const reply = await hear(/^250/);
      return { queueId: /queued as (\w+)/.exec(reply)?.[1] ?? '', atMs };
    },
    leave: () => void socket.end('QUIT\r\n'),
  };
}

function createReader(socket: Socket): (expected: RegExp) => Promise<string> {
  const lines = createInterface({ input: socket, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const failure = new Promise<never>((_resolve, reject) => socket.once('error', reject));
  failure.catch(() => {}); // it is awaited only while a reply is read
  return async (expected) => {
    for (;;) {
      const next = await Promise.race([lines.next(), failure]);
      if (next.done === true) throw new Error('Postfix closed the connection');
      if (next.value[3] === '-') continue;
      if (!expected.test(next.value)) throw new Error(`Postfix says: ${next.value}`);
      return next.value;
    }
  };
}

/** A message of so many bytes, to which Postfix adds its own header lines. */
export function composeMessage(bytes: number): Buffer {
  const head = 'From: alice@sender.test\r\nSubject: measured\r\n\r\n';
  const line = `${'x'.repeat(74)}\r\n`;
  const count = Math.max(1, Math.round((bytes - head.length) / line.length));
  return Buffer.from(head + line.repeat(count), 'latin1');
}
