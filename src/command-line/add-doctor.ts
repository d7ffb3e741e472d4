/** `onionmx doctor`, as the command line has it. */
import type { Command } from 'commander';
import { runDoctorCommand } from '../commands/doctor/doctor.ts';
import { readVersion } from './read-version.ts';
import { type CommandContext, type CommonOptions, withConfig, withJson } from './common-options.ts';

interface DoctorFlags {
  readonly torrc?: string;
  readonly postfix?: string;
}

export function addDoctor(program: Command, { out, finish }: CommandContext): void {
  withConfig(withJson(program.command('doctor')))
    .description('everything that can be wrong on this host for mail over onions, and what to do about it')
    .option('--torrc <file>', 'where your onion services are (default: /etc/tor/torrc and tor.extraTorrc)')
    .option('--postfix <folder>', 'the configuration of your Postfix (default: its own)')
    .action(async ({ config, torrc, postfix, json = false }: CommonOptions & DoctorFlags) => {
      const version = readVersion();
      finish(await runDoctorCommand({ configPath: config, torrc, postfix, json, version }, out));
    });
}
