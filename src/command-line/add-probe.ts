/** `onionmx probe`, as the command line has it. */
import { Option, type Command } from 'commander';
import { runProbeCommand } from '../commands/probe.ts';
import { runProbeSendCommand } from '../commands/probe-send.ts';
import { createLog } from '../log.ts';
import {
  type CommandContext,
  type CommonOptions,
  readConfig,
  withConfig,
  withJson,
} from './common-options.ts';

export function addProbe(program: Command, { out, finish }: CommandContext): void {
  withConfig(withJson(program.command('probe')))
    .description(
      'connect to a domain’s onion mail exchangers through Tor, and tell what they say and how fast',
    )
    .argument('<domain|onion address[:port]|address>')
    .option('--to <address>', 'ask whether this recipient is accepted; nothing is sent')
    .addOption(
      new Option('--send', 'send one small message to the address, the way that real mail goes').conflicts(
        'to',
      ),
    )
    .action(async (target: string, options: CommonOptions & { to?: string; send?: boolean }) => {
      const config = await readConfig(options);
      const common = { json: options.json === true, config, log: createLog('warn') };
      finish(
        options.send === true
          ? await runProbeSendCommand({ ...common, address: target }, out)
          : await runProbeCommand({ ...common, target, to: options.to }, out),
      );
    });
}
