/** From the text of a configuration file to the configuration, or to every complaint about it. */
import { OnionmxError } from '../errors.ts';
import { checkNode } from './check-node.ts';
import type { Environment } from './environment.ts';
import { fillDefaults } from './fill-defaults.ts';
import { type Config, settingsSchema } from './schema.ts';
import { readYaml } from './yaml-source.ts';

const hint =
  'see all settings with their defaults: onionmx config; check a file: onionmx config --check --config FILE';

/** Throws `config-invalid`; `fileName` is for the complaints. */
export function parseConfig(text: string, fileName: string, environment: Environment): Config {
  const { root, complaints } = readYaml(text, fileName);
  const settings = checkNode(settingsSchema, root, complaints);
  const lines = complaints.toLines();
  if (settings !== undefined && lines.length === 0) return fillDefaults(settings, environment);
  throw new OnionmxError('config-invalid', lines.join('\n'), { hint });
}
