/** Reads the queue of a Postfix instance: `postqueue -j`, one JSON object a line. */
import { z } from 'zod';
import { runProgram } from './run-program.ts';

export interface QueuedMail {
  readonly queueName: string;
  readonly queueId: string;
  readonly sender: string;
  readonly sizeBytes: number;
  readonly recipients: readonly { readonly address: string; readonly delayReason: string | undefined }[];
}

export async function readQueue(configDirectory: string): Promise<QueuedMail[]> {
  const output = await runProgram('postqueue', ['-c', configDirectory, '-j']);
  return output.split('\n').filter(Boolean).map(parseQueuedMail);
}

const postqueueLine = z.object({
  queue_name: z.string(),
  queue_id: z.string(),
  sender: z.string(),
  message_size: z.number(),
  recipients: z.array(z.object({ address: z.string(), delay_reason: z.string().optional() })),
});

function parseQueuedMail(line: string): QueuedMail {
  const parsed = postqueueLine.parse(JSON.parse(line));
  return {
    queueName: parsed.queue_name,
    queueId: parsed.queue_id,
    sender: parsed.sender,
    sizeBytes: parsed.message_size,
    recipients: parsed.recipients.map((each) => ({ address: each.address, delayReason: each.delay_reason })),
  };
}
