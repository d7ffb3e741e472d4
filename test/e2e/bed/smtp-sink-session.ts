/** One session of the SMTP sink: reads commands and data, answers as the script says, and records what it saw. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  defaultExtensions,
  type SinkAnswer,
  type SinkCommand,
  type SinkMessage,
  type SinkOptions,
  type SinkRecipient,
} from './smtp-sink-script.ts';
import { createSinkInput, type SinkInput } from './smtp-sink-input.ts';

export interface SinkRecord {
  readonly messages: SinkMessage[];
  readonly commands: SinkCommand[];
  readonly proxyLines: string[];
}

interface Transaction {
  sender: string;
  mailParameters: readonly string[];
  recipients: SinkRecipient[];
  chunks: Buffer[];
}

class SessionOver extends Error {}

export async function serveSinkSession(
  client: Socket,
  sessionNumber: number,
  options: SinkOptions,
  record: SinkRecord,
): Promise<void> {
  let socket = client;
  let input = createSinkInput(socket);
  let isSecured = false;
  let transaction: Transaction | undefined;
  let acceptedCount = 0;

  async function reply(verb: string, line: string, usual: string): Promise<string> {
    const chosen = await options.answer?.({ verb, line, sessionNumber, acceptedCount });
    const answer: SinkAnswer = chosen ?? usual;
    if (typeof answer === 'string') socket.write(`${answer.replaceAll('\n', '\r\n')}\r\n`);
    else if (answer.kind === 'close') throw new SessionOver();
    return typeof answer === 'string' ? answer : '';
  }

  async function finish(verb: 'END' | 'BDAT', line: string, current: Transaction): Promise<void> {
    const { sender, mailParameters, recipients, chunks } = current;
    const transfer = verb === 'END' ? 'DATA' : 'BDAT';
    const message = {
      sessionNumber,
      sender,
      mailParameters,
      recipients,
      data: Buffer.concat(chunks),
      transfer,
      isSecured,
    } as const;
    transaction = undefined;
    const answer = await reply(verb, line, `250 2.0.0 Ok: queued as S${record.messages.length + 1}`);
    if (!answer.startsWith('2')) return;
    acceptedCount += 1;
    record.messages.push(message);
  }

  async function takeData(line: string): Promise<void> {
    const current = transaction;
    if (current === undefined || current.recipients.length === 0) {
      await reply('DATA', line, '503 5.5.1 no recipients');
      return;
    }
    if (!(await reply('DATA', line, '354 go ahead')).startsWith('3')) return;
    current.chunks.push(await input.readDotData());
    await finish('END', '', current);
  }

  async function takeChunk(line: string): Promise<void> {
    const [, size = '0', last] = line.split(' ');
    const chunk = await input.readBytes(Number(size));
    const current = transaction;
    if (current === undefined || current.recipients.length === 0) {
      await reply('BDAT', line, '503 5.5.1 no recipients');
      return;
    }
    current.chunks.push(chunk);
    if (last?.toUpperCase() === 'LAST') await finish('BDAT', line, current);
    else await reply('BDAT', line, '250 2.0.0 chunk taken');
  }

  async function takeMail(line: string): Promise<void> {
    if (!(await reply('MAIL', line, '250 2.1.0 Ok')).startsWith('2')) return;
    const { address, parameters } = parsePath(line);
    transaction = { sender: address, mailParameters: parameters, recipients: [], chunks: [] };
  }

  async function takeRecipient(line: string): Promise<void> {
    const usual = transaction === undefined ? '503 5.5.1 need MAIL' : '250 2.1.5 Ok';
    if ((await reply('RCPT', line, usual)).startsWith('2')) transaction?.recipients.push(parsePath(line));
  }

  async function takeCommand(line: string): Promise<boolean> {
    const verb = (line.split(' ')[0] ?? '').toUpperCase();
    if (verb === 'EHLO' || verb === 'LHLO') await reply(verb, line, ehloReply(options, isSecured));
    else if (verb === 'MAIL') await takeMail(line);
    else if (verb === 'RCPT') await takeRecipient(line);
    else if (verb === 'DATA') await takeData(line);
    else if (verb === 'BDAT') await takeChunk(line);
    else if (verb === 'QUIT') await reply(verb, line, '221 2.0.0 bye');
    else if (verb === 'RSET') await takeReset(line);
    else if (verb === 'STARTTLS' && options.tls !== undefined) await beginTls(line, options.tls);
    else await reply(verb, line, verb === 'NOOP' || verb === 'HELO' ? '250 Ok' : '500 5.5.2 what?');
    return verb !== 'QUIT';
  }

  async function beginTls(line: string, tls: NonNullable<SinkOptions['tls']>): Promise<void> {
    if (!(await reply('STARTTLS', line, '220 2.0.0 go ahead')).startsWith('2')) return;
    socket = new TLSSocket(client, { isServer: true, key: tls.key, cert: tls.certificate });
    socket.on('error', () => client.destroy()); // seen by the next read
    input = createSinkInput(socket);
    isSecured = true;
    transaction = undefined;
  }

  async function takeReset(line: string): Promise<void> {
    transaction = undefined;
    await reply('RSET', line, '250 2.0.0 Ok');
  }

  try {
    if (options.expectsProxyLine === true) record.proxyLines.push((await input.readLine()) ?? '');
    await reply('CONNECT', '', `220 ${options.hostname ?? 'sink.test'} ESMTP sink`);
    for (let isOpen = true; isOpen; ) {
      const line = await readCommand(input, sessionNumber, record);
      isOpen = line !== undefined && (await takeCommand(line));
    }
    socket.end();
  } catch (error) {
    socket.destroy();
    if (!(error instanceof SessionOver)) throw error;
  }
}

async function readCommand(
  input: SinkInput,
  sessionNumber: number,
  record: SinkRecord,
): Promise<string | undefined> {
  const line = await input.readLine();
  if (line !== undefined) record.commands.push({ sessionNumber, line, readNumber: input.readNumber() });
  return line;
}

function ehloReply(
  { hostname = 'sink.test', extensions = defaultExtensions, tls }: SinkOptions,
  isSecured: boolean,
): string {
  const outside = [...extensions, ...(tls === undefined ? [] : ['STARTTLS'])];
  const offered = isSecured ? (tls?.extensions ?? [...extensions, 'REQUIRETLS']) : outside;
  const lines = [hostname, ...offered, 'ENHANCEDSTATUSCODES'];
  return lines.map((text, index) => `250${index === lines.length - 1 ? ' ' : '-'}${text}`).join('\n');
}

/** `MAIL FROM:<a@b> SIZE=1 BODY=8BITMIME`: a quoted local part may hold `>` and spaces; the sink does without those. */
function parsePath(line: string): SinkRecipient {
  const [, address = '', rest = ''] = /<([^>]*)>\s*(.*)$/.exec(line) ?? [];
  return { address, parameters: rest.split(' ').filter(Boolean) };
}
