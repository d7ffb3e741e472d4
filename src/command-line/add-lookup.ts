/** `onionmx lookup`, as the command line has it. */
import type { Command } from 'commander';
import { runLookupCommand } from '../commands/lookup.ts';
import { createLog } from '../log.ts';
import {
  type CommandContext,
  type CommonOptions,
  readConfig,
  withConfig,
  withJson,
} from './common-options.ts';

export function addLookup(program: Command, { out, finish }: CommandContext): void {
  withConfig(withJson(program.command('lookup')))
    .description('what would happen to mail for this address or domain, and why, step by step')
    .argument('<address|domain>')
    .action(async (key: string, options: CommonOptions) => {
      const config = await readConfig(options);
      const json = options.json === true;
      finish(await runLookupCommand({ key, json, config, log: createLog('warn') }, out));
    });
}
