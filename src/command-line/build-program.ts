/** The command line: every command with its options and help. */
import { Command } from 'commander';
import { addCheck } from './add-check.ts';
import { addConfig } from './add-config.ts';
import { addDoctor } from './add-doctor.ts';
import { addLookup } from './add-lookup.ts';
import { addMap } from './add-map.ts';
import { addMemory } from './add-memory.ts';
import { addOnion } from './add-onion.ts';
import { addProbe } from './add-probe.ts';
import { addProof } from './add-proof.ts';
import { addServe } from './add-serve.ts';
import { addSetup } from './add-setup.ts';
import type { CommandContext } from './common-options.ts';
import { readVersion } from './read-version.ts';

/** In the order in which the help shows them. */
const addCommands = [
  addSetup,
  addServe,
  addLookup,
  addProbe,
  addDoctor,
  addCheck,
  addMap,
  addMemory,
  addOnion,
  addProof,
  addConfig,
];

export function buildProgram(context: CommandContext): Command {
  const program = new Command('onionmx')
    .description('Delivers mail between ordinary domains over Tor onion services.')
    .version(readVersion(), '-V, --version')
    .exitOverride();
  for (const add of addCommands) add(program, context);
  return program;
}
