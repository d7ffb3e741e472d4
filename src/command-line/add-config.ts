/** `onionmx config`, as the command line has it. */
import type { Command } from 'commander';
import { runConfigCommand } from '../commands/config.ts';
import { type CommandContext, type CommonOptions, withConfig, withJson } from './common-options.ts';

export function addConfig(program: Command, { out, finish }: CommandContext): void {
  withConfig(withJson(program.command('config')))
    .description('print the full configuration, with defaults and explanations')
    .option('--check', 'only say whether the configuration and its map are fine')
    .action(async (options: CommonOptions & { check?: boolean }) => {
      finish(
        await runConfigCommand(
          { configPath: options.config, check: options.check === true, json: options.json === true },
          out,
        ),
      );
    });
}
