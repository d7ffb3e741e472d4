#!/usr/bin/env node
/** argv → command. The only place that ends the process. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Argument, Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { runCheckRelayCommand } from './commands/check-relay.ts';
import { runConfigCommand } from './commands/config.ts';
import { runDoctorCommand } from './commands/doctor.ts';
import { exitCode, exitCodeFor } from './commands/exit-code.ts';
import { runLookupCommand } from './commands/lookup.ts';
import { runOnionBackupCommand, runOnionRestoreCommand } from './commands/onion-backup.ts';
import { runOnionJoinCommand } from './commands/onion-join.ts';
import { runOnionShowCommand } from './commands/onion-show.ts';
import { openOutput } from './commands/output.ts';
import { runProbeCommand } from './commands/probe.ts';
import { runProbeSendCommand } from './commands/probe-send.ts';
import { runServeCommand } from './commands/serve.ts';
import {
  type MailServer,
  mailServers,
  type RecordForm,
  recordForms,
  type SetupPart,
  setupParts,
} from './commands/setup-options.ts';
import { runSetupCommand } from './commands/setup.ts';
import { readEnvironment } from './config/environment.ts';
import { defaultConfigFile, loadConfig } from './config/load-config.ts';
import type { Config } from './config/schema.ts';
import { toOnionmxError } from './errors.ts';
import { createLog } from './log.ts';

interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

interface RelayFlags {
  readonly domain?: string;
  readonly torrc?: string;
  readonly postfix?: string;
  readonly list?: boolean;
  readonly all?: boolean;
  readonly prove?: boolean;
  readonly mailServer?: MailServer;
}

interface SetupFlags {
  readonly apply: boolean;
  readonly undo: boolean;
  readonly mailServer?: MailServer;
  readonly blackhole?: string;
  readonly postfix?: string;
  readonly torrc?: string;
  readonly records: RecordForm;
}

const [stdout, stderr] = [openOutput(process.stdout), openOutput(process.stderr)];
const out = (text: string) => stdout.write(text);

async function readConfig({ config }: CommonOptions): Promise<Config> {
  return (await loadConfig(config, readEnvironment())).config;
}

function buildProgram(finish: (code: number) => void): Command {
  const program = new Command('onionmx')
    .description('Delivers mail between ordinary domains over Tor onion services.')
    .version(readVersion(), '-V, --version')
    .exitOverride();

  withConfig(program.command('serve'))
    .description('answer the MTA’s lookups and deliver its onion mail, in the foreground')
    .action(async (options: CommonOptions) => {
      const config = await readConfig(options);
      finish(await runServeCommand(config, createLog(config.log.level)));
    });

  withConfig(withJson(program.command('lookup')))
    .description('what would happen to mail for this address or domain, and why, step by step')
    .argument('<address|domain>')
    .action(async (key: string, options: CommonOptions) => {
      const config = await readConfig(options);
      const json = options.json === true;
      finish(await runLookupCommand({ key, json, config, log: createLog('warn') }, out));
    });

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

  withConfig(withJson(program.command('doctor')))
    .description('everything that can be wrong on this host for mail over onions, and what to do about it')
    .option('--torrc <file>', 'where your onion services are (default: /etc/tor/torrc and tor.extraTorrc)')
    .option('--postfix <folder>', 'the configuration of your Postfix (default: its own)')
    .action(async ({ config, torrc, postfix, json = false }: CommonOptions & RelayFlags) => {
      const version = readVersion();
      finish(await runDoctorCommand({ configPath: config, torrc, postfix, json, version }, out));
    });

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

  addSetup(program, finish);

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
  return program;
}

function addSetup(program: Command, finish: (code: number) => void): void {
  withConfig(withJson(program.command('setup')))
    .description(
      'what has to change on this host, as a diff with the reasons; nothing is changed without --apply',
    )
    .addArgument(
      new Argument('[part...]', 'sending, receiving, dns, tor; all when none is named').choices(setupParts),
    )
    .option('--apply', 'make the changes, check them, and take them back when a check fails', false)
    .option(
      '--blackhole <address>',
      'receiving: a test address that takes mail over the onion alone (Postfix)',
    )
    .option('--undo', 'give back every file as it was before the last --apply', false)
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

function withConfig(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    'configuration file (default: /etc/onionmx/onionmx.yaml if it exists)',
  );
}

function withJson(command: Command): Command {
  return command.option('--json', 'print JSON, for scripts');
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** What failed, with the value, and what to do next. */
function explainFailure(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage;
  const error = toOnionmxError(thrown);
  const hint = error.hint === undefined ? '' : `\n${error.hint}`;
  const trace = error.code === 'bug' && error.cause instanceof Error ? `\n${error.cause.stack ?? ''}` : '';
  stderr.write(`onionmx: ${error.message}${hint}${trace}\n`);
  return exitCodeFor(error);
}

async function main(): Promise<number> {
  let code: number = exitCode.ok;
  try {
    await buildProgram((result) => {
      code = result;
    }).parseAsync();
  } catch (error) {
    code = explainFailure(error);
  }
  return code;
}

/** What was said has to leave first: process.exit cuts off what a slow reader has not taken yet. */
async function finishOutput(code: number): Promise<number> {
  const failure = await stdout.finish();
  if (failure !== undefined) stderr.write(`onionmx: cannot write all of the output: ${failure.message}\n`);
  await stderr.finish();
  return failure === undefined ? code : exitCode.osError;
}

process.exit(await finishOutput(await main()));
