/** The built-in sender: hands one message to an LMTP socket (RFC 2033), one command at a time, and keeps what was said. */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { OutgoingMail } from '../../test/e2e/bed/smtp-client.ts';

export interface LmtpDialogue {
  /** `C: …` and `S: …`. */
  readonly lines: readonly string[];
  /** From the connection to the greeting, and to the end. */
  readonly greetingMs: number;
  readonly totalMs: number;
}

const timeoutMs = 120_000;

/** Throws, with all that was said, when a reply is not as wanted. */
export async function deliverByLmtp(path: string, mail: OutgoingMail): Promise<LmtpDialogue> {
  const startedMs = performance.now();
  const socket = connect({ path });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`${path} said nothing for ${timeoutMs} ms`)));
  const replies = createInterface({ input: socket, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const lines: string[] = [];
  const broken = new Promise<never>((_resolve, reject) => socket.once('error', reject));
  broken.catch(() => {}); // it is awaited only while a reply is read
  const hear = async (wanted: string) => {
    for (let isLast = false; !isLast; ) {
      const { done, value: line } = await Promise.race([replies.next(), broken]);
      if (done === true) throw failure('closed', lines);
      lines.push(`S: ${line}`);
      isLast = line[3] !== '-';
      if (!line.startsWith(wanted)) throw failure(`not the ${wanted} that was wanted`, lines);
    }
  };
  const ask = async (command: string, wanted: string) => {
    lines.push(`C: ${command}`);
    socket.write(`${command}\r\n`);
    await hear(wanted);
  };
  try {
    await hear('220');
    const greetingMs = performance.now() - startedMs;
    await ask('LHLO mx.sender.test', '250');
    await ask(`MAIL FROM:<${mail.sender}>`, '250');
    for (const recipient of mail.recipients) await ask(`RCPT TO:<${recipient}>`, '250');
    await ask('DATA', '354');
    socket.write(stuffDots(mail.message));
    lines.push(`C: (the message, ${Buffer.byteLength(mail.message)} bytes)`);
    await ask('.', '250');
    const totalMs = performance.now() - startedMs;
    await ask('QUIT', '221');
    return { lines, greetingMs, totalMs };
  } finally {
    socket.destroy();
  }
}

function stuffDots(message: string | Uint8Array): string {
  return Buffer.from(message).toString().replaceAll(/^\./gm, '..');
}

function failure(what: string, lines: readonly string[]): Error {
  return new Error(`LMTP failed: ${what}\n${lines.join('\n')}`);
}
