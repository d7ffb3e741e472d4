/** Reads a secret key that is used from where it lies: only when its file is closed to all others. */
import { open } from 'node:fs/promises';
import { OnionmxError, messageOf } from '../errors.ts';

/** More than tor's 96 octets: what is longer is another file. */
const maxBytes = 1024;

/** Throws `onion-keys-exposed` and `onion-keys-folder`. */
export async function readSecretKeyFile(file: string): Promise<Buffer> {
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  try {
    // of the open file: the one at this path could be exchanged between the question and the reading
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0) throw exposed(file, mode);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw cause instanceof OnionmxError ? cause : unreadable(file, cause);
  } finally {
    await handle.close();
  }
}

function exposed(file: string, mode: number): OnionmxError {
  const bits = (mode & 0o7777).toString(8).padStart(4, '0');
  return new OnionmxError(
    'onion-keys-exposed',
    `${file} has mode ${bits}: others than its owner may use the secret key, so it is not used`,
    {
      hint: `\`chmod 600 ${file}\`; if somebody may have read it, have a new address: docs/onion-service.md, "A new address"`,
    },
  );
}

function unreadable(file: string, cause: unknown): OnionmxError {
  const why = messageOf(cause);
  return new OnionmxError('onion-keys-folder', `cannot read the secret key: ${why}`, {
    hint: `run this as the user of the tor that has it, or as root: \`ls -l ${file}\``,
    cause,
  });
}
