/** `onionmx memory …`, as the command line has it. */
import type { Command } from 'commander';
import { runMemoryForgetCommand, runMemoryPinCommand } from '../commands/memory/memory-change.ts';
import { runMemoryListCommand, runMemoryShowCommand } from '../commands/memory/memory-show.ts';
import { createLog } from '../log.ts';
import {
  type CommandContext,
  type CommonOptions,
  readConfig,
  withConfig,
  withJson,
} from './common-options.ts';

export function addMemory(program: Command, { out, finish }: CommandContext): void {
  const memory = program.command('memory').description('the onions that domains were seen to have');
  withConfig(withJson(memory.command('list')))
    .description('all of them, with the evidence and when they were last seen')
    .action(async (options: CommonOptions) => {
      const [config, json] = [await readConfig(options), options.json === true];
      finish(await runMemoryListCommand({ json, config, log: createLog('warn') }, out));
    });
  withConfig(withJson(memory.command('show')))
    .description('what is remembered of one domain, for how long yet, and what DNS says against it')
    .argument('<domain>')
    .action(async (name: string, options: CommonOptions) => {
      const [config, json] = [await readConfig(options), options.json === true];
      finish(await runMemoryShowCommand({ name, json, config, log: createLog('warn') }, out));
    });
  withConfig(memory.command('forget'))
    .description('believe the next answer of DNS, whatever it says')
    .argument('<domain>')
    .action(async (name: string, options: CommonOptions) => {
      finish(await runMemoryForgetCommand({ name, config: await readConfig(options) }, out));
    });
  withConfig(memory.command('pin'))
    .description('keep to what is remembered of a domain, for good, whatever DNS says')
    .argument('<domain>')
    .option('--unpin', 'go by DNS again, as for all others')
    .action(async (name: string, options: CommonOptions & { unpin?: boolean }) => {
      const [config, isPinned] = [await readConfig(options), options.unpin !== true];
      finish(await runMemoryPinCommand({ name, isPinned, config, log: createLog('warn') }, out));
    });
}
