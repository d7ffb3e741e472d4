/** `onionmx proof …`, as the command line has it. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { runProofCheckCommand } from '../commands/proof/proof-check.ts';
import { runProofMakeCommand } from '../commands/proof/proof-make.ts';
import { runProofVerifyCommand } from '../commands/proof/proof-verify.ts';
import {
  type CommandContext,
  type CommonOptions,
  readConfig,
  withConfig,
  withJson,
} from './common-options.ts';

interface MakeFlags {
  readonly service?: string;
  readonly key?: string;
  readonly port?: readonly number[];
  readonly days: number;
  readonly txt: boolean;
}

interface VerifyFlags {
  readonly domain?: string;
  readonly onion?: string;
  readonly known?: string;
}

export function addProof(program: Command, context: CommandContext): void {
  const proof = program
    .command('proof')
    .description('what an onion service says of its domains, signed with its key');
  addMake(proof, context);
  addVerify(proof, context);
  addCheck(proof, context);
}

function addMake(proof: Command, { out, finish }: CommandContext): void {
  withConfig(proof.command('make'))
    .description('sign which domains an onion service of this host takes mail for, and print what to publish')
    .argument('[domain...]', 'default: domains.own')
    .option(
      '--service <name>',
      'one of receiving.onionServices (default: the first that everybody may reach)',
    )
    .addOption(
      new Option('--key <file>', 'the hs_ed25519_secret_key of any onion service instead').conflicts(
        'service',
      ),
    )
    .option('--port <port>', 'of the onion service; may be repeated (default: its own)', collectPort)
    .option('--days <days>', 'how long it holds, 400 at most', (text) => parseWhole(text, 400), 90)
    .option('--txt', 'as TXT records for a zone file', false)
    .action(async (domains: string[], options: CommonOptions & MakeFlags) => {
      const { service, key, port: ports = [], days, txt } = options;
      const choice = { service, key, config: await readConfig(options) };
      finish(
        await runProofMakeCommand({ ...choice, domains, ports, days, txt, nowSeconds: nowSeconds() }, out),
      );
    });
}

function addVerify(proof: Command, { out, finish }: CommandContext): void {
  withJson(proof.command('verify'))
    .description('what a proof says, and whether it holds: the half of the onion service alone')
    .argument('<file>', 'the proof, or its TXT record as dig prints it; - is standard input')
    .option('--domain <domain>', 'it has to speak of this one')
    .option('--onion <address[:port]>', 'it has to be signed by this one')
    .option('--known <file>', 'the newest proof that you have: an older one is refused')
    .action(async (file: string, options: CommonOptions & VerifyFlags) => {
      const { domain, onion, known, json = false } = options;
      finish(
        await runProofVerifyCommand({ file, domain, onion, known, json, nowSeconds: nowSeconds() }, out),
      );
    });
}

function addCheck(proof: Command, { out, finish }: CommandContext): void {
  withJson(withConfig(proof.command('check')))
    .description('fetch what a domain publishes, through Tor, and say what others make of it')
    .argument('<domain>', 'such as your own')
    .action(async (domain: string, options: CommonOptions) => {
      const config = await readConfig(options);
      const { json = false } = options;
      finish(await runProofCheckCommand({ domain, json, config, nowSeconds: nowSeconds() }, out));
    });
}

function collectPort(text: string, ports: readonly number[] = []): readonly number[] {
  return [...ports, parseWhole(text, 65_535)];
}

function parseWhole(text: string, max: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= max) return number;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${max}.`);
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
