/** `onionmx config`: prints the full configuration, or with `--check` says whether it and the domain map are right. */
import { type Environment, readEnvironment } from '../config/environment.ts';
import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { printConfig, toPlainConfig } from '../config/print-config.ts';
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import { loadDomainMap } from '../routing/map/load-domain-map.ts';
import { exitCode, exitCodeFor } from './exit-code.ts';
import { formatJson } from './json.ts';

export interface ConfigCommandOptions {
  /** undefined: the file at its usual place, if there is one. */
  readonly configPath: string | undefined;
  readonly check: boolean;
  readonly json: boolean;
}

/**
 * The exit code; what is to be said goes to `out`, with its line ends. Throws what is wrong with the configuration when it
 * was to be printed as YAML: `onionmx config > onionmx.yaml` must not put complaints into the file.
 */
export async function runConfigCommand(
  { configPath, check, json }: ConfigCommandOptions,
  out: (text: string) => void,
  environment: Environment = readEnvironment(),
): Promise<number> {
  try {
    const loaded = await loadConfig(configPath, environment);
    out(await (check ? checkMap(loaded, json) : printLoaded(loaded, json)));
    return exitCode.ok;
  } catch (thrown) {
    if (!check && !json) throw thrown;
    const error = toOnionmxError(thrown);
    out(json ? formatJson(failureOf(error)) : explainFailure(error));
    return exitCodeFor(error);
  }
}

function printLoaded({ config }: LoadedConfig, json: boolean): string {
  return json ? formatJson(toPlainConfig(config)) : printConfig(config);
}

async function checkMap({ config, file }: LoadedConfig, json: boolean): Promise<string> {
  const { map, warnings } = await loadDomainMap(config.map);
  if (json) return formatJson({ ok: true, file: file ?? null, domains: map.size, warnings });
  const source = file ?? 'no configuration file: the defaults';
  const result = `${source}: fine. The domain map has ${map.size} domains.`;
  return [...warnings, result].map((line) => `${line}\n`).join('');
}

function failureOf({ code, message, hint }: OnionmxError): unknown {
  return { ok: false, code, complaints: message.split('\n'), hint: hint ?? null };
}

function explainFailure({ message, hint }: OnionmxError): string {
  return `${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}`;
}
