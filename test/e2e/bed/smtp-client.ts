/** A plain SMTP client that says one command at a time: hands mail to a Postfix of the bed with exactly the bytes given. */
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface OutgoingMail {
  readonly sender: string;
  readonly recipients: readonly string[];
  /** Complete message with CRLF line ends; dots are stuffed here. */
  readonly message: string | Uint8Array;
  /** Such as `BODY=8BITMIME`, `SMTPUTF8`, `RET=HDRS`. */
  readonly mailParameters?: readonly string[];
  readonly recipientParameters?: readonly string[];
}

/** One reply: its lines joined by LF. */
type ReadReply = () => Promise<string>;

const replyTimeoutMs = 30_000;

/** Resolves with the reply to the end of the data. Throws when any command gets no positive reply. */
export async function sendMail(port: number, mail: OutgoingMail): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port });
  socket.setTimeout(replyTimeoutMs, () => socket.destroy(new Error(`no SMTP reply in ${replyTimeoutMs} ms`)));
  const readReply = createReplyReader(socket);
  const say = async (command: string, expected: RegExp) => {
    if (command !== '') socket.write(`${command}\r\n`);
    const reply = await readReply();
    if (!expected.test(reply)) throw new Error(`SMTP: ${command || 'connected'} -> ${reply}`);
    return reply;
  };
  try {
    await say('', /^220/);
    await say('EHLO client.test', /^250/);
    await say([`MAIL FROM:<${mail.sender}>`, ...(mail.mailParameters ?? [])].join(' '), /^250/);
    for (const recipient of mail.recipients) {
      await say([`RCPT TO:<${recipient}>`, ...(mail.recipientParameters ?? [])].join(' '), /^25/);
    }
    await say('DATA', /^354/);
    socket.write(stuffDots(mail.message));
    const reply = await say('.', /^250/);
    socket.end('QUIT\r\n');
    return reply;
  } finally {
    socket.destroySoon();
  }
}

function stuffDots(message: string | Uint8Array): Buffer {
  const text = Buffer.from(message)
    .toString('latin1')
    .replaceAll(/(^|\r\n)\./g, '$1..');
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1');
}

function createReplyReader(socket: Socket): ReadReply {
  const lines = createInterface({ input: socket, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const failure = new Promise<never>((_resolve, reject) => socket.once('error', reject));
  failure.catch(() => {}); // it is awaited only while a reply is read
  return async () => {
    const reply: string[] = [];
    for (;;) {
      const next = await Promise.race([lines.next(), failure]);
      if (next.done === true) throw new Error(`the SMTP server closed the connection ${reply.join('\n')}`);
      reply.push(next.value);
      if (next.value[3] !== '-') return reply.join('\n');
    }
  };
}
