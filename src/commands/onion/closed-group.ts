/** Who may come to an onion service: everybody, or the members of a closed group. */
import { listPrivateFolder } from '../../onion-keys/private-file.ts';
import type { OnionService } from '../../tor/onion-service-lines.ts';

/**
 * How many hosts may come; undefined: everybody. Those that the operator put there by hand count too; what is configured
 * comes into the folder when tor starts. Throws `onion-keys-folder`.
 */
export async function countGroup({ folder, authorisedClients }: OnionService): Promise<number | undefined> {
  const files = await listPrivateFolder(`${folder}/authorized_clients`);
  const byHand = files.filter((name) => name.endsWith('.auth') && !name.startsWith('onionmx-')).length;
  const size = authorisedClients.length + byHand;
  return size === 0 ? undefined : size;
}
