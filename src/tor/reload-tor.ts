/** Lets our own tor, which another process runs, read again what lies in its folders. */
import { connectTorControl } from './control-client.ts';
import type { TorPaths } from './torrc.ts';

const timeoutMs = 5000;

/** false when it does not run, or not for us. */
export async function reloadTor({ control: address, cookieFile }: TorPaths): Promise<boolean> {
  try {
    const control = await connectTorControl({ address, cookieFile, timeoutMs, onEvent: () => {} });
    try {
      await control.send('SIGNAL', 'RELOAD');
      return true;
    } finally {
      control.close();
    }
  } catch {
    return false;
  }
}
