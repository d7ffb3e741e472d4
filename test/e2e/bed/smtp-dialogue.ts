/** An SMTP client that a test leads command by command, over a connection of any kind: the replies come back as they are. */
import { createConnection, type Socket } from 'node:net';
import { connectThroughSocks, type SocksTarget } from './socks-connect.ts';

export interface SmtpDialogue {
  /** The next reply, its lines joined by LF; `closed` when there is none. */
  readonly hear: () => Promise<string>;
  /** Writes a line and hears the reply to it. */
  readonly say: (line: string) => Promise<string>;
  readonly write: (text: string) => void;
  readonly close: () => void;
}

const connectTimeoutMs = 30_000;
const replyTimeoutMs = 30_000;

/** The banner has not been read yet. */
export async function dialOnion(socksPath: string, target: SocksTarget): Promise<SmtpDialogue> {
  const outcome = await connectThroughSocks({ path: socksPath }, target, connectTimeoutMs);
  if (outcome.kind !== 'connected') throw new Error(`${target.host}: ${JSON.stringify(outcome)}`);
  return createDialogue(outcome.socket, outcome.firstBytes);
}

/** As a process of this host; `firstLine` is what it says before the banner, such as a PROXY line. */
export function dialListener(port: number, firstLine?: string): SmtpDialogue {
  const socket = createConnection({ host: '127.0.0.1', port });
  if (firstLine !== undefined) socket.write(`${firstLine}\r\n`);
  return createDialogue(socket, Buffer.alloc(0));
}

/** As an MTA of this host, to a server on a Unix-domain socket. */
export function dialSocket(path: string): SmtpDialogue {
  return createDialogue(createConnection({ path }), Buffer.alloc(0));
}

/** One message by one command at a time. The first refusal ends it and is the result, else the reply to the end of the data. */
export async function sendByData(
  { say, write, hear }: SmtpDialogue,
  { sender, recipients, message }: { sender: string; recipients: readonly string[]; message: string },
): Promise<string> {
  const commands = [`MAIL FROM:<${sender}>`, ...recipients.map((recipient) => `RCPT TO:<${recipient}>`)];
  for (const command of [...commands, 'DATA']) {
    const reply = await say(command);
    if (/^[45c]/.test(reply)) return reply;
  }
  write(`${message}\r\n.\r\n`);
  return hear();
}

const doNothing = () => {};

function createDialogue(socket: Socket, firstBytes: Buffer): SmtpDialogue {
  let unread = firstBytes.toString('latin1');
  let isClosed = false;
  let wake = doNothing;
  socket.on('data', (chunk: Buffer) => {
    unread += chunk.toString('latin1');
    wake();
  });
  for (const end of ['end', 'error', 'close'] as const) {
    socket.on(end, () => {
      isClosed = true;
      wake();
    });
  }
  socket.resume();

  function takeReply(): string | undefined {
    const found = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(unread)?.[0];
    if (found === undefined) return isClosed ? 'closed' : undefined;
    unread = unread.slice(found.length);
    return found.trimEnd().replaceAll('\r\n', '\n');
  }
  async function hear(): Promise<string> {
    const timer = setTimeout(() => socket.destroy(new Error('no SMTP reply in time')), replyTimeoutMs);
    try {
      for (;;) {
        const reply = takeReply();
        if (reply !== undefined) return reply;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
  const write = (text: string) => void socket.write(text, 'utf8');
  return {
    hear,
    write,
    say: (line) => {
      write(`${line}\r\n`);
      return hear();
    },
    close: () => socket.destroy(),
  };
}
