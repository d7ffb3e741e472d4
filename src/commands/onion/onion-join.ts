/** `onionmx onion join <onion address>`: makes the key by which our tor gets into the closed group of another host. */
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { OnionmxError } from '../../errors.ts';
import { clientPublicKeyOf, makeClientPrivateKey } from '../../onion-keys/client-pair.ts';
import { makePrivateFolder, readPrivateFile, writePrivateFile } from '../../onion-keys/private-file.ts';
import { type OnionAddress, parseOnionAddress } from '../../protocol/onion-address.ts';
import {
  type ClientPublicKey,
  formatClientAccess,
  parseClientAccess,
} from '../../protocol/onion-client-key.ts';
import { reloadTor } from '../../tor/reload-tor.ts';
import { torPathsIn } from '../../tor/torrc.ts';
import { exitCode } from '../exit-code.ts';
import { formatJson } from '../json.ts';
import { accessFolderOf, prepareStateFolder, torFolderOf } from '../state-paths.ts';

export interface OnionJoinOptions {
  readonly address: string;
  readonly json: boolean;
  readonly config: Config;
}

/** Prints the same line again when the key is there. Throws `address-…`, `client-key-invalid` and `onion-keys-folder`. */
export async function runOnionJoinCommand(
  { address, json, config }: OnionJoinOptions,
  out: (text: string) => void,
): Promise<number> {
  if (config.tor.use === 'running') throw foreignTor();
  const onionAddress = parseOnionAddress(address);
  const { publicKey, file, isNew } = await ensureAccess(onionAddress, config);
  const isReloaded = isNew && (await reloadTor(torPathsIn(torFolderOf(config))));
  if (json) out(formatJson({ onionAddress, publicKey, file, isNew }));
  else out(`${publicKey}\n\n${explain(onionAddress, file, isNew, isReloaded)}`);
  return exitCode.ok;
}

interface Access {
  readonly publicKey: ClientPublicKey;
  readonly file: string;
  readonly isNew: boolean;
}

async function ensureAccess(onionAddress: OnionAddress, config: Config): Promise<Access> {
  const folder = accessFolderOf(config);
  const file = join(folder, `${onionAddress.replace(/\.onion$/, '')}.auth_private`);
  const text = (await readPrivateFile(file))?.toString('latin1');
  if (text !== undefined) return { publicKey: publicKeyIn(text, onionAddress, file), file, isNew: false };
  const privateKey = makeClientPrivateKey();
  await prepareStateFolder(config);
  await makePrivateFolder(folder);
  await writePrivateFile(file, formatClientAccess({ onionAddress, privateKey }));
  return { publicKey: clientPublicKeyOf(privateKey), file, isNew: true };
}

function publicKeyIn(text: string, onionAddress: OnionAddress, file: string): ClientPublicKey {
  const access = parseClientAccess(text);
  if (access?.onionAddress === onionAddress) return clientPublicKeyOf(access.privateKey);
  throw new OnionmxError('client-key-invalid', `${file} is no key of a client that tor would take`, {
    hint: `move it away (\`mv ${file} ${file}.old\`), and give the other host the new line that this command prints then`,
  });
}

function explain(onionAddress: OnionAddress, file: string, isNew: boolean, isReloaded: boolean): string {
  const reload = isReloaded ? 'Our tor has it already.' : 'Our tor takes it when onionmx serve starts.';
  return `Give this line to the operator of ${onionAddress}: for authorisedClients of that onion service.
Its secret half is in ${file}, and stays there. ${isNew ? reload : 'It was there already.'}
`;
}

function foreignTor(): OnionmxError {
  return new OnionmxError(
    'config-invalid',
    'closed groups are joined by the Tor in use, and that is not ours',
    {
      hint: 'with `tor.use: running`, set ClientOnionAuthDir in that torrc; tor(1), CLIENT AUTHORIZATION, says how',
    },
  );
}
