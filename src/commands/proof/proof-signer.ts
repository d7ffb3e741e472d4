/** Which onion service signs a proof: one of ours by its name, or any by its key file; and the port that it has. */
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { OnionmxError } from '../../errors.ts';
import { readServiceKeys } from '../../onion-keys/key-folder.ts';
import { readSecretKeyFile } from '../../onion-keys/secret-key-file.ts';
import { openServiceSigner, type ServiceSigner } from '../../onion-keys/sign-with-service-key.ts';
import { countGroup } from '../onion/closed-group.ts';
import { onionServicesOf } from '../onion-services-of.ts';
import { onionFolderOf } from '../state-paths.ts';

export interface SignerChoice {
  readonly service: string | undefined;
  readonly key: string | undefined;
  readonly config: Config;
}

export interface ProofSigner extends ServiceSigner {
  readonly port: number;
}

/** Throws `proof-impossible`, `onion-keys-missing`, `-exposed`, `-invalid` and `-folder`. */
export async function openProofSigner({ service, key, config }: SignerChoice): Promise<ProofSigner> {
  if (key !== undefined) return { ...openServiceSigner(await readSecretKeyFile(key), key), port: 25 };
  const { name, port } = await findService(service, config);
  const [parent, folder] = [onionFolderOf(config), join(onionFolderOf(config), name)];
  // also checks that the three files are of one service
  if ((await readServiceKeys(parent, name)) === undefined) throw missing(name, parent);
  const file = await readSecretKeyFile(join(folder, 'hs_ed25519_secret_key'));
  return { ...openServiceSigner(file, folder), port };
}

/** By default the preferred one that everybody may reach under its own address. */
async function findService(name: string | undefined, config: Config) {
  const services = onionServicesOf(config);
  if (name !== undefined) {
    const named = services.find((service) => service.name === name);
    if (named !== undefined) return named;
    const names = services.map((service) => service.name).join(', ') || 'none';
    throw impossible(`no onion service in receiving.onionServices has the name ${name}: there is ${names}`);
  }
  for (const service of services) {
    if (service.onionbalance === null && (await countGroup(service)) === undefined) return service;
  }
  throw impossible('receiving.onionServices has no onion service that everybody may reach');
}

function missing(name: string, parent: string): OnionmxError {
  return new OnionmxError(
    'onion-keys-missing',
    `there are no keys of the onion service ${name} in ${parent}`,
    {
      hint: 'tor makes them when `onionmx serve` starts; then see `onionmx onion show`',
    },
  );
}

function impossible(why: string): OnionmxError {
  return new OnionmxError('proof-impossible', `nobody can sign the proof: ${why}`, {
    hint: 'name the key file: `onionmx proof make --key /var/lib/tor/mail/hs_ed25519_secret_key example.org`',
  });
}
