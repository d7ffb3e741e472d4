/** The folders of our onion services as tor wants them: closed to all others, with the files of a closed group. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseHostnameFile } from '../protocol/hostname-file.ts';
import type { OnionAddress } from '../protocol/onion-address.ts';
import type { ClientPublicKey } from '../protocol/onion-client-key.ts';
import type { OnionService } from './onion-service-lines.ts';
import { writeFileAtomically } from '../write-file-atomically.ts';

/** Files of ours among those that an operator may have put there. */
const ourFile = /^onionmx-[0-9a-f]{16}\.auth$/;

/** Must be done before tor starts: it looks at the closed group and at Onionbalance's address then. */
export async function prepareServiceFolder(service: OnionService): Promise<void> {
  const { folder, authorisedClients, onionbalance } = service;
  const authorised = join(folder, 'authorized_clients');
  for (const each of [dirname(folder), folder, authorised]) {
    await mkdir(each, { recursive: true, mode: 0o700 });
    await chmod(each, 0o700);
  }
  const files = new Map(authorisedClients.map((key) => [fileOf(key), key]));
  for (const [name, key] of files)
    await writeFileAtomically(join(authorised, name), `${key}\n`, { mode: 0o600 });
  for (const name of await readdir(authorised)) {
    if (ourFile.test(name) && !files.has(name)) await rm(join(authorised, name));
  }
  if (onionbalance !== null) await writeInstanceFile(folder, onionbalance);
}

/** tor reads it only for a service that is an instance, so an old one may stay. */
async function writeInstanceFile(folder: string, frontend: OnionAddress): Promise<void> {
  await writeFileAtomically(join(folder, 'ob_config'), `MasterOnionAddress ${frontend}\n`, { mode: 0o600 });
}

/** undefined until tor has made it, or when it may not be read. */
export async function readServiceAddress(folder: string): Promise<OnionAddress | undefined> {
  return readFile(join(folder, 'hostname'), 'utf8')
    .then(parseHostnameFile)
    .catch(() => undefined);
}

/** The same key has the same name at each start. */
function fileOf(key: ClientPublicKey): string {
  return `onionmx-${createHash('sha256').update(key).digest('hex').slice(0, 16)}.auth`;
}
