/** Finds and reads the configuration file. Without a file every setting has its default. */
import { readFile } from 'node:fs/promises';
import { OnionmxError, isAbsent, messageOf } from '../errors.ts';
import type { Environment } from './environment.ts';
import { parseConfig } from './parse-config.ts';
import type { Config } from './schema.ts';

export const defaultConfigFile = '/etc/onionmx/onionmx.yaml';

export interface LoadedConfig {
  readonly config: Config;
  /** undefined when there is none and the defaults hold. */
  readonly file: string | undefined;
}

/**
 * Reads `file`; when none is named, /etc/onionmx/onionmx.yaml if it exists.
 * Throws `config-missing`, `config-unreadable`, and `config-invalid` with every complaint about the file.
 */
export async function loadConfig(
  file: string | undefined,
  environment: Environment,
  defaultFile = defaultConfigFile,
): Promise<LoadedConfig> {
  const path = file ?? defaultFile;
  const text = await readIfPresent(path);
  if (text !== undefined) return { config: parseConfig(text, path, environment), file: path };
  if (file === undefined) return { config: parseConfig('', path, environment), file: undefined };
  throw new OnionmxError('config-missing', `there is no configuration file ${file}`, {
    hint: `write one: onionmx config > ${file}`,
  });
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    const reason = messageOf(error);
    throw new OnionmxError('config-unreadable', `cannot read the configuration file ${path}: ${reason}`, {
      hint: `look at its permissions: ls -l ${path}`,
      cause: error,
    });
  }
}
