#!/usr/bin/env node
/** argv → command. The only place that ends the process. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { runCheckRelayCommand } from './commands/check-relay.ts';
import { runConfigCommand } from './commands/config.ts';
import { exitCode, exitCodeFor } from './commands/exit-code.ts';
import { runLookupCommand } from './commands/lookup.ts';
import { openOutput } from './commands/output.ts';
import { runProbeCommand } from './commands/probe.ts';
import { runServeCommand } from './commands/serve.ts';
import { readEnvironment } from './config/environment.ts';
import { loadConfig } from './config/load-config.ts';
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
    .argument('<domain|onion address[:port]>')
    .option('--to <address>', 'ask whether this recipient is accepted; nothing is sent')
    .action(async (target: string, options: CommonOptions & { to?: string }) => {
      const config = await readConfig(options);
      const json = options.json === true;
      const probe = {
        target,
        json,
        config,
        log: createLog('warn'),
        to: options.to,
      };
      finish(await runProbeCommand(probe, out));
    });

  const check = program.command('check').description('is this host safe?');
  withConfig(withJson(check.command('relay')))
    .description('does this host pass on mail that is not for it? Tried by envelopes; no message is sent')
    .argument(
      '[target...]',
      'your onion address[:port], 127.0.0.1:PORT or unix:/path; proxy: in front: as Tor comes',
    )
    .option('--domain <domain>', 'a domain that this host takes mail for (default: the first of domains.own)')
    .option('--torrc <file>', 'where your onion services are (default: /etc/tor/torrc and tor.extraTorrc)')
    .option('--postfix <folder>', 'the configuration of your Postfix (default: its own)')
    .option('--list', 'only print what would be tried')
    .action(async (targets: string[], options: CommonOptions & RelayFlags) => {
      const config = await readConfig(options);
      const { domain, torrc, postfix, list = false, json = false } = options;
      finish(await runCheckRelayCommand({ targets, domain, torrc, postfix, list, json, config }, out));
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
