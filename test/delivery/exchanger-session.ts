/** A session with an exchanger of the test, and messages for it. */
import { openSession } from '../../src/delivery/open-session.ts';
import type { Envelope, EnvelopePath, RecipientOutcome, Session } from '../../src/delivery/session.ts';
import { defaultTimeoutsMs, type SmtpTimeoutsMs } from '../../src/net/smtp-timeouts.ts';
import { formatExchanger } from '../../src/protocol/exchanger.ts';
import { quoteReply } from '../../src/protocol/smtp-reply.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { connectToExchanger } from './exchanger-server.ts';

export const exchanger = makeExchanger(1);
export const name = formatExchanger(exchanger);

/** What an exchanger offers, for each way of sending a message. */
export const waysOfSending = [
  { way: 'one command at a time, DATA', offers: [] },
  { way: 'PIPELINING, DATA', offers: ['PIPELINING'] },
  { way: 'one command at a time, BDAT', offers: ['CHUNKING'] },
  { way: 'PIPELINING, BDAT', offers: ['PIPELINING', 'CHUNKING'] },
] as const;

export async function startSession(
  t: Parameters<typeof connectToExchanger>[0],
  rules: Parameters<typeof connectToExchanger>[1],
  timeoutsMs: Partial<SmtpTimeoutsMs> = {},
  ca?: string,
) {
  const connected = await connectToExchanger(t, rules);
  const options = { heloName: '[127.0.0.1]', timeoutsMs: { ...defaultTimeoutsMs, ...timeoutsMs }, ca };
  const session = await openSession(connected.connection, exchanger, options);
  connected.writes.length = 0;
  return { ...connected, session };
}

export function makeEnvelope(...recipients: string[]): Envelope {
  return { sender: toPath('a@sender.test'), recipients: recipients.map(toPath) };
}

function toPath(path: string): EnvelopePath {
  return { path, parameters: [] };
}

export async function* makeBody(...chunks: string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
}

/** Over `bytes` bytes of lines, some of which begin with dots. */
export function makeText(bytes: number): string {
  const lines = '.begins with a dot\r\n..with two\r\nnone here: é\r\n.\r\n';
  return lines.repeat(Math.ceil(bytes / lines.length));
}

export function cutText(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
    text.slice(i * size, (i + 1) * size),
  );
}

/** Each outcome as one line: the reply, or the code and status of the failure. */
function describeOutcomes(outcomes: readonly RecipientOutcome[]): string[] {
  return outcomes.map((outcome) =>
    outcome.kind === 'replied' ? quoteReply(outcome.reply) : `${outcome.error.code} ${outcome.error.status}`,
  );
}

export async function transact(session: Session, envelope: Envelope, body: AsyncIterable<Uint8Array>) {
  return describeOutcomes(await session.transact(envelope, body));
}
