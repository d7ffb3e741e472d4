/** The backup of onion services as one JSON file; docs/onion-service.md has the format. Pure: text in, keys out, and back. */
import { z } from 'zod';
import { OnionmxError } from '../errors.ts';
import { isServiceName } from '../protocol/service-name.ts';
import { checkServiceKeys, type ServiceKeys } from './service-keys.ts';

export interface NamedKeys {
  /** Of its folder, as in `receiving.onionServices`. */
  readonly name: string;
  readonly keys: ServiceKeys;
}

const [format, version] = ['onionmx onion keys', 1] as const;
const warning = 'SECRET: whoever has this file can receive the mail of these onion services in your place.';
const octets = z.base64().transform((text) => Buffer.from(text, 'base64'));
const fileSchema = z.object({
  format: z.literal(format),
  version: z.literal(version),
  services: z
    .array(
      z.object({
        name: z.string().refine(isServiceName, 'is no name of a service'),
        hostname: octets,
        hs_ed25519_public_key: octets,
        hs_ed25519_secret_key: octets,
      }),
    )
    .min(1),
});

export function formatKeyBackup(services: readonly NamedKeys[]): string {
  const entries = services.map(({ name, keys: { onionAddress, files } }) => ({
    name,
    onionAddress,
    hostname: files.hostname.toString('base64'),
    hs_ed25519_public_key: files.hs_ed25519_public_key.toString('base64'),
    hs_ed25519_secret_key: files.hs_ed25519_secret_key.toString('base64'),
  }));
  return `${JSON.stringify({ format, version, warning, services: entries }, null, 2)}\n`;
}

/** Throws `backup-unreadable` and `onion-keys-invalid`; `file` is for their texts, in which no key stands. */
export function parseKeyBackup(text: string, file: string): readonly NamedKeys[] {
  const parsed = fileSchema.safeParse(parseJson(text, file));
  if (!parsed.success) throw unreadable(file, describe(parsed.error));
  const services = parsed.data.services.map(({ name, ...files }) => {
    return { name, keys: checkServiceKeys(files, `${file}, service ${name}`) };
  });
  const twice = services.find(
    ({ name }, index) => services.findIndex((other) => other.name === name) < index,
  );
  if (twice !== undefined) throw unreadable(file, `the service ${twice.name} stands in it twice`);
  return services;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // what the parser says quotes the text, and that is secret
    throw unreadable(file, 'it is no JSON');
  }
}

function describe({ issues }: z.ZodError): string {
  const [first] = issues;
  return `${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`;
}

function unreadable(file: string, why: string): OnionmxError {
  return new OnionmxError('backup-unreadable', `${file} is no backup of onion services: ${why}`, {
    hint: 'use the file that `onionmx onion backup FILE` wrote, unchanged',
  });
}
