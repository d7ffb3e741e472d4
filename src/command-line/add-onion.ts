/** `onionmx onion …`, as the command line has it. */
import type { Command } from 'commander';
import { runOnionBackupCommand, runOnionRestoreCommand } from '../commands/onion/onion-backup.ts';
import { runOnionJoinCommand } from '../commands/onion/onion-join.ts';
import { runOnionShowCommand } from '../commands/onion/onion-show.ts';
import { createLog } from '../log.ts';
import {
  type CommandContext,
  type CommonOptions,
  readConfig,
  withConfig,
  withJson,
} from './common-options.ts';

export function addOnion(program: Command, { out, finish }: CommandContext): void {
  const onion = program.command('onion').description('the onion services of this host, and closed groups');
  withConfig(withJson(onion.command('show')))
    .description('address, port, keys and clients of each, and the SRV records to publish')
    .action(async (options: CommonOptions) => {
      const [config, json] = [await readConfig(options), options.json === true];
      finish(await runOnionShowCommand({ json, config, log: createLog('warn') }, out));
    });
  withConfig(onion.command('backup'))
    .description('write the keys of all of them into a new file. Whoever has it can receive your mail')
    .argument('<file>')
    .action(async (file: string, options: CommonOptions) => {
      finish(await runOnionBackupCommand({ file, config: await readConfig(options) }, out));
    });
  withConfig(onion.command('restore'))
    .description('take keys from such a file; those of other services are never written over')
    .argument('<file>')
    .action(async (file: string, options: CommonOptions) => {
      finish(await runOnionRestoreCommand({ file, config: await readConfig(options) }, out));
    });
  withConfig(withJson(onion.command('join')))
    .description('print the key by which this host gets into the closed group of another one')
    .argument('<onion address>')
    .action(async (address: string, options: CommonOptions) => {
      const [config, json] = [await readConfig(options), options.json === true];
      finish(await runOnionJoinCommand({ address, json, config }, out));
    });
}
