/** Sends a message after 354, dots doubled, and listens meanwhile: the exchanger may have its last word before the end. */
import { DotEncoder } from '../protocol/encode-dots.ts';
import type { SmtpReply } from '../protocol/smtp-reply.ts';
import { type BodyBlocks, flightBytes } from './body-blocks.ts';
import type { SmtpLink } from '../net/smtp-link.ts';

/** The final reply. After one that came too early the link is cut off. Throws what the body and the link throw. */
export async function sendData(link: SmtpLink, body: BodyBlocks): Promise<SmtpReply> {
  void cutOffWhenRefused(link);
  await writeMessage(link, body);
  if (link.isMessageComplete) return link.nextReply('the end of the message', body.endedMs);
  return link.nextReply('the unfinished message');
}

/** Whoever speaks before the message is whole wants no more of it, and this connection can carry nothing else. */
async function cutOffWhenRefused(link: SmtpLink): Promise<void> {
  await link.waitForWord();
  if (!link.isMessageComplete) link.cutOff();
}

/** Stops early when the link does. */
async function writeMessage(link: SmtpLink, body: BodyBlocks): Promise<void> {
  const encoder = new DotEncoder();
  while (!link.isMessageComplete) {
    const { bytes, isLast } = await body.next(flightBytes);
    const encoded = encoder.encode(bytes);
    if (!link.isUsable) return;
    link.isMessageComplete = isLast;
    await link.write(isLast ? Buffer.concat([encoded, Buffer.from(encoder.finish())]) : encoded);
  }
}
