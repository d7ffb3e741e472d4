/** `onionmx check relay`, as the command line has it. */
import { Option, type Command } from 'commander';
import { runCheckRelayCommand } from '../commands/relay/check-relay.ts';
import { type MailServer, mailServers } from '../commands/setup/setup-options.ts';
import {
  type CommandContext,
  type CommonOptions,
  readConfig,
  withConfig,
  withJson,
} from './common-options.ts';

interface RelayFlags {
  readonly domain?: string;
  readonly torrc?: string;
  readonly postfix?: string;
  readonly list?: boolean;
  readonly all?: boolean;
  readonly prove?: boolean;
  readonly mailServer?: MailServer;
}

export function addCheck(program: Command, { out, finish }: CommandContext): void {
  const check = program.command('check').description('is this host safe?');
  withConfig(withJson(check.command('relay')))
    .description(
      'does this host pass on mail that is not for it? Tried by envelopes; a message is sent with --prove alone',
    )
    .argument(
      '[target...]',
      'your onion address[:port], 127.0.0.1:PORT or unix:/path; proxy: in front: as Tor comes',
    )
    .option('--domain <domain>', 'a domain that this host takes mail for (default: the first of domains.own)')
    .option('--torrc <file>', 'where your onion services are (default: /etc/tor/torrc and tor.extraTorrc)')
    .option('--postfix <folder>', 'the configuration of your Postfix (default: its own)')
    .addOption(new Option('--mail-server <name>', 'when several are configured here').choices(mailServers))
    .option('--all', 'try the listeners too that no onion service leads to, as a local process', false)
    .option('--prove', 'where a stranger is accepted, hand in one message that nobody can get', false)
    .option('--list', 'only print what would be tried', false)
    .action(async (targets: string[], options: CommonOptions & RelayFlags) => {
      const config = await readConfig(options);
      const { domain, torrc, postfix, mailServer, json = false } = options;
      const { all = false, prove = false, list = false } = options;
      const places = { torrc, postfix, mailServer, config };
      finish(await runCheckRelayCommand({ ...places, targets, domain, all, prove, list, json }, out));
    });
}
