/** What the commands have in common on the command line. */
import type { Command } from 'commander';
import { readEnvironment } from '../config/environment.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';

export interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** Where a command prints, and says its exit code. */
export interface CommandContext {
  readonly out: (text: string) => void;
  readonly finish: (code: number) => void;
}

export async function readConfig({ config }: CommonOptions): Promise<Config> {
  return (await loadConfig(config, readEnvironment())).config;
}

export function withConfig(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    'configuration file (default: /etc/onionmx/onionmx.yaml if it exists)',
  );
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON, for scripts');
}
