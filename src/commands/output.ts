/** Standard output and standard error as the commands use them: complete, however slow the reader is. */
import type { Writable } from 'node:stream';

export interface Output {
  write(text: string): void;
  /** Resolves when everything has left this process; with the reason when it never can. A reader that has seen enough is none. */
  finish(): Promise<Error | undefined>;
}

/** Takes over the errors of the stream from now on: `onionmx config | head -1` must not end in a stack trace. */
export function openOutput(stream: Writable): Output {
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure ??= error;
  });
  return {
    write: (text) => void stream.write(text),
    async finish() {
      // a pipe takes 64 KiB at once, the rest waits in this process and would end with it
      await new Promise<void>((resolve) => {
        stream.write('', (error) => {
          failure ??= error ?? undefined;
          resolve();
        });
      });
      return isReaderGone(failure) ? undefined : failure;
    },
  };
}

function isReaderGone(failure: Error | undefined): boolean {
  return failure !== undefined && 'code' in failure && failure.code === 'EPIPE';
}
