/** `onionmx serve`, as the command line has it. */
import type { Command } from 'commander';
import { runServeCommand } from '../commands/serve.ts';
import { createLog } from '../log.ts';
import { type CommandContext, type CommonOptions, readConfig, withConfig } from './common-options.ts';

export function addServe(program: Command, { finish }: CommandContext): void {
  withConfig(program.command('serve'))
    .description('answer the MTA’s lookups and deliver its onion mail, in the foreground')
    .action(async (options: CommonOptions) => {
      const config = await readConfig(options);
      finish(await runServeCommand(config, createLog(config.log.level)));
    });
}
