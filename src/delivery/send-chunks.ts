/** Sends a message in BDAT chunks (RFC 3030), of which one may be unanswered while the next is sent, where pipelining is offered. */
import { encodeCommand } from '../protocol/smtp-envelope.ts';
import { isRefusal, type SmtpReply } from '../protocol/smtp-reply.ts';
import { type BodyBlock, type BodyBlocks, chunkBytes } from './body-blocks.ts';
import type { SmtpLink } from '../net/smtp-link.ts';

export interface ChunkOptions {
  readonly first: BodyBlock;
  readonly maxUnanswered: 0 | 1;
}

/** The first refusal, or the reply to the last chunk. No chunk is unanswered then. Throws what the body and the link throw. */
export async function sendChunks(
  link: SmtpLink,
  body: BodyBlocks,
  options: ChunkOptions,
): Promise<SmtpReply> {
  let answer: SmtpReply | undefined;
  let unanswered = 0;
  for (let block = options.first; ; block = await body.next(chunkBytes)) {
    link.isMessageComplete = block.isLast;
    await link.write(encodeChunk(block));
    unanswered++;
    while (unanswered > (block.isLast || answer !== undefined ? 0 : options.maxUnanswered)) {
      const isTheEnd = block.isLast && unanswered === 1;
      const reply: SmtpReply = await (isTheEnd ? hearEnd(link, body) : link.nextReply('BDAT'));
      unanswered--;
      // the reply to a chunk behind a refused one says only that the transaction is void
      if (isTheEnd || isRefusal(reply)) answer ??= reply;
    }
    if (answer !== undefined) return answer;
  }
}

export function encodeChunk({ bytes, isLast }: BodyBlock): Buffer {
  return Buffer.concat([Buffer.from(encodeCommand(`BDAT ${bytes.length}${isLast ? ' LAST' : ''}`)), bytes]);
}

/** The final reply, for which the time runs since the MTA's own end of the message. */
export function hearEnd(link: SmtpLink, body: BodyBlocks): Promise<SmtpReply> {
  return link.nextReply('the end of the message', body.endedMs);
}
