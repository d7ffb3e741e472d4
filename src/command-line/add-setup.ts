/** `onionmx setup`, as the command line has it. */
import { Argument, Option, type Command } from 'commander';
import {
  type MailServer,
  mailServers,
  type RecordForm,
  recordForms,
  type SetupPart,
  setupParts,
} from '../commands/setup/setup-options.ts';
import { runSetupCommand } from '../commands/setup/setup.ts';
import { readEnvironment } from '../config/environment.ts';
import { defaultConfigFile, loadConfig } from '../config/load-config.ts';
import { type CommandContext, type CommonOptions, withConfig, withJson } from './common-options.ts';

interface SetupFlags {
  readonly apply: boolean;
  readonly undo: boolean;
  readonly mailServer?: MailServer;
  readonly blackhole?: string;
  readonly postfix?: string;
  readonly torrc?: string;
  readonly records: RecordForm;
}

export function addSetup(program: Command, { out, finish }: CommandContext): void {
  withConfig(withJson(program.command('setup')))
    .description(
      'what has to change on this host, as a diff with the reasons; nothing is changed without --apply',
    )
    .addArgument(
      new Argument('[part...]', 'sending, receiving, dns, tor; all when none is named').choices(setupParts),
    )
    .option('--apply', 'make the changes, check them, and take them back when a check fails', false)
    .option('--undo', 'give back every file as it was before the last --apply', false)
    .option('--blackhole <address>', 'receiving: a test address that takes mail over the onion alone')
    .addOption(new Option('--mail-server <name>', 'when several are configured here').choices(mailServers))
    .option('--postfix <folder>', 'the configuration of your Postfix (default: its own)')
    .option('--torrc <file>', 'tor.use running: what your Tor reads (default: /etc/tor/torrc)')
    .addOption(
      new Option('--records <form>', 'how SRV records are printed').choices(recordForms).default('zone'),
    )
    .action(async (parts: SetupPart[], options: CommonOptions & SetupFlags) => {
      const { config, file } = await loadConfig(options.config, readEnvironment());
      const { json = false, postfix, torrc, mailServer, blackhole, ...flags } = options;
      const setup = {
        ...flags,
        parts,
        json,
        postfix,
        torrc,
        mailServer,
        blackhole,
        config,
        configFile: file ?? defaultConfigFile,
      };
      finish(await runSetupCommand(setup, out));
    });
}
