/** `onionmx map …`, as the command line has it. */
import process from 'node:process';
import { type Command, Option } from 'commander';
import { runMapCheckCommand } from '../commands/map/map-check.ts';
import { runMapDiffCommand } from '../commands/map/map-diff.ts';
import {
  runMapAddCommand,
  runMapFormatCommand,
  runMapMergeCommand,
  runMapRemoveCommand,
} from '../commands/map/map-edit.ts';
import { type ExportFormat, runMapExportCommand } from '../commands/map/map-export.ts';
import type { MapEditOptions } from '../commands/map/map-files.ts';
import { runMapKeygenCommand, runMapSignCommand, runMapVerifyCommand } from '../commands/map/map-sign.ts';
import { runMapUpdateCommand } from '../commands/map/map-update.ts';
import { openProgressLine } from '../commands/map/progress-line.ts';
import {
  type CommandContext,
  type CommonOptions,
  readConfig,
  withConfig,
  withJson,
} from './common-options.ts';

export function addMap(program: Command, context: CommandContext): void {
  const map = program.command('map').description('the map: check it, change it, pass it on');
  addMapCheck(map, context);
  addMapEdits(map, context);
  addMapDiff(map, context);
  addMapExport(map, context);
  addMapSignatures(map, context);
  addMapUpdate(map, context);
}

function addMapCheck(map: Command, { out, finish }: CommandContext): void {
  withConfig(withJson(map.command('check')))
    .description('is the map in order? By default that of the configuration')
    .argument('[file...]')
    .option('--online', 'ask DNS, and each exchanger through Tor, whether the map is true; no mail is sent')
    .action(async (files: string[], options: CommonOptions & { online?: boolean }) => {
      const config = await readConfig(options);
      const [json, online] = [options.json === true, options.online === true];
      const { show: onProgress, clear } = openProgressLine(process.stderr);
      const code = await runMapCheckCommand({ files, online, json, config, onProgress }, (text) => {
        clear();
        out(text);
      });
      finish(code);
    });
}

interface EditOptions extends CommonOptions {
  readonly file?: string;
  readonly dryRun?: boolean;
}

async function readEditOptions(options: EditOptions): Promise<MapEditOptions> {
  return { file: options.file, dryRun: options.dryRun === true, config: await readConfig(options) };
}

function withDryRun(command: Command): Command {
  return withConfig(command.option('-n, --dry-run', 'print the change, write nothing'));
}

function withFile(command: Command): Command {
  return withDryRun(command.option('--file <file>', 'the file to change, where the map has several'));
}

function addMapEdits(map: Command, { out, finish }: CommandContext): void {
  withFile(map.command('add'))
    .description('write into the map that a domain has these exchangers')
    .argument('<domain>')
    .argument('<onion address[:port]...>')
    .action(async (domain: string, onions: string[], options: EditOptions) => {
      finish(await runMapAddCommand(domain, onions, await readEditOptions(options), out));
    });
  withFile(map.command('remove'))
    .description('take a domain out of the map')
    .argument('<domain>')
    .action(async (domain: string, options: EditOptions) => {
      finish(await runMapRemoveCommand(domain, await readEditOptions(options), out));
    });
  withFile(map.command('merge'))
    .description('take over from other maps what yours does not have; all or nothing')
    .argument('<file...>')
    .action(async (files: string[], options: EditOptions) => {
      finish(await runMapMergeCommand(files, await readEditOptions(options), out));
    });
  withDryRun(map.command('format'))
    .description('sort the map, a line for each domain. By default that of the configuration')
    .argument('[file...]')
    .action(async (files: string[], options: EditOptions) => {
      finish(await runMapFormatCommand(files, await readEditOptions(options), out));
    });
}

function addMapDiff(map: Command, { out, finish }: CommandContext): void {
  withJson(map.command('diff'))
    .description('what two maps say differently; ends with 1 when they do')
    .argument('<file>')
    .argument('<file>')
    .action(async (before: string, after: string, options: CommonOptions) => {
      finish(await runMapDiffCommand({ before, after, json: options.json === true }, out));
    });
}

const exportFormats: readonly ExportFormat[] = ['postfix', 'exim', 'json'];

function addMapExport(map: Command, { out, finish }: CommandContext): void {
  withConfig(map.command('export'))
    .description('print the map as a table for an MTA that cannot ask')
    .addOption(new Option('--postfix', 'for transport_maps, as postmap reads it').conflicts(['exim', 'json']))
    .addOption(new Option('--exim', 'for an lsearch').conflicts('json'))
    .option('--json', 'domains, nexthops and exchangers')
    .action(async (options: CommonOptions & Partial<Record<ExportFormat, true>>, command: Command) => {
      const format = exportFormats.find((name) => options[name] === true);
      if (format === undefined) return command.error('error: choose a format: --postfix, --exim or --json');
      finish(await runMapExportCommand(format, await readConfig(options), out));
    });
}

function addMapSignatures(map: Command, { out, finish }: CommandContext): void {
  map
    .command('keygen')
    .description('make a pair of keys to sign maps with: NAME.key and NAME.pub')
    .argument('<name>')
    .action(async (name: string) => {
      finish(await runMapKeygenCommand(name, out));
    });
  map
    .command('sign')
    .description('sign a map that others take from you; minisign(1) verifies it too')
    .argument('<file>')
    .requiredOption('--key <file>', 'the secret key')
    .action(async (file: string, { key }: { key: string }) => {
      finish(await runMapSignCommand(file, key, out));
    });
  map
    .command('verify')
    .description('is the map whole, and from whom you think? minisign(1) signs it too')
    .argument('<file>')
    .requiredOption('--key <file or key>', 'the public key')
    .action(async (file: string, { key }: { key: string }) => {
      finish(await runMapVerifyCommand(file, key, out));
    });
}

function addMapUpdate(map: Command, { out, finish }: CommandContext): void {
  withFile(map.command('update'))
    .description('take over a newer signed map: a file, or https://… or http://….onion/… through Tor')
    .argument('<file or URL>')
    .requiredOption('--key <file or key>', 'the public key of its publisher')
    .action(async (from: string, options: EditOptions & { key: string }) => {
      finish(await runMapUpdateCommand({ ...(await readEditOptions(options)), from, key: options.key }, out));
    });
}
