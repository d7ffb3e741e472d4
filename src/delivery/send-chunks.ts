/** Sends a message in BDAT chunks (RFC 3030), of which many may be unanswered while more are sent, where pipelining is offered. */
import { encodeCommand } from '../protocol/smtp-envelope.ts';
import { isRefusal, type SmtpReply } from '../protocol/smtp-reply.ts';
import { type BodyBlock, type BodyBlocks, chunkBytes } from './body-blocks.ts';
import type { SmtpLink } from '../net/smtp-link.ts';

/**
 * Enough for a fast circuit with a long way to be full all the time. No more: the reply to the oldest has its deadline, and after
 * a refusal what is on its way was in vain.
 */
export const maxUnanswered = 16;

interface ChunkOptions {
  /** The first chunk; undefined: it has been sent already. */
  readonly first: BodyBlock | undefined;
  readonly maxUnanswered: number;
}

/** The first refusal, or the reply to the last chunk. No chunk is unanswered then. Throws what the body and the link throw. */
export async function sendChunks(
  link: SmtpLink,
  body: BodyBlocks,
  options: ChunkOptions,
): Promise<SmtpReply> {
  let answer: SmtpReply | undefined;
  let unanswered = options.first === undefined ? 1 : 0;
  for (let block = options.first ?? (await body.next(chunkBytes)); ; block = await body.next(chunkBytes)) {
    // on a link that is broken already nothing of it will leave
    link.isMessageComplete = block.isLast && link.isUsable;
    await link.write(encodeChunk(block));
    unanswered++;
    const mayWait = () => (block.isLast || answer !== undefined ? 0 : options.maxUnanswered);
    while (unanswered > mayWait() || (unanswered > 0 && link.hasWord)) {
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
