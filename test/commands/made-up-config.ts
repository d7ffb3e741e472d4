/** A configuration of the test's own: state in a temporary folder, and nothing of this host. */
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parseConfig } from '../../src/config/parse-config.ts';
import type { Config } from '../../src/config/schema.ts';
import { makeEnvironment } from '../config/made-up-environment.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Resolvers are missing: a test that goes on to DNS says which. */
export function makeConfig(
  t: Parameters<typeof makeTemporaryFolder>[0],
  settings: Settings | ((folder: string) => Settings) = {},
): { config: Config; folder: string } {
  const folder = makeTemporaryFolder(t);
  const own = typeof settings === 'function' ? settings(folder) : settings;
  const text = stringify({ stateFolder: join(folder, 'state'), dns: { resolvers: ['127.0.0.1:1'] }, ...own });
  return { config: parseConfig(text, 'test.yaml', makeEnvironment({ isRoot: false })), folder };
}
