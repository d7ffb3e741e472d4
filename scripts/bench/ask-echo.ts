/** Asks an echo behind the same relay for its round trip. */
import { once } from 'node:events';
import type { Socket } from 'node:net';

const question = Buffer.alloc(64, 'x');
const timeoutMs = 30_000;

/** How long the answer took, in milliseconds. */
export async function askEcho(socket: Socket): Promise<number> {
  const startedMs = performance.now();
  const signal = AbortSignal.timeout(timeoutMs);
  socket.write(question);
  for (let missing = question.length; missing > 0; ) {
    const [bytes]: Buffer[] = await once(socket, 'data', { signal });
    missing -= bytes?.length ?? missing;
  }
  return performance.now() - startedMs;
}
