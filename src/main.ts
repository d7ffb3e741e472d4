#!/usr/bin/env node
/** argv → command. The only place that ends the process. */
import process from 'node:process';
import { CommanderError } from 'commander';
import { buildProgram } from './command-line/build-program.ts';
import { exitCode, exitCodeFor } from './commands/exit-code.ts';
import { openOutput } from './commands/output.ts';
import { toOnionmxError } from './errors.ts';

const [stdout, stderr] = [openOutput(process.stdout), openOutput(process.stderr)];

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
    const finish = (result: number) => {
      code = result;
    };
    await buildProgram({ out: (text) => stdout.write(text), finish }).parseAsync();
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
