/** `--keep`: the bed stays up for whoever wants to play with it; on a terminal in a shell inside. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { findProgram } from '../../test/e2e/bed/find-program.ts';
import type { DemoBed, PlayTool } from './demo-bed.ts';
import { say, showBlock } from './show.ts';

/** The process id of the demo outside the namespace, for those who want to come in from there. */
export const outerPidVariable = 'ONIONMX_DEMO_PID';

/** Resolves when the shell is left, or when a signal says that it is over. */
export async function letPlay(bed: DemoBed): Promise<void> {
  const rcFile = await writeTools(bed);
  const suggestions = bed.suggestions.map(([command, purpose]) => `${command.padEnd(34)}${purpose}`);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (isTerminal && findProgram('script') !== undefined) {
    showBlock(
      'It stays up',
      'This shell is inside. To end the demo, leave it: exit, or Ctrl-D.',
      suggestions,
    );
    say();
    await runShell(bed, rcFile);
  } else {
    showBlock('It stays up', 'Until Ctrl-C, or SIGTERM. To get inside, from another terminal:', [
      enterCommand(rcFile),
    ]);
    showBlock('There', 'Commands to try:', suggestions);
    await waitForSignal();
  }
}

/** bash reads this file when it starts; it makes the commands known. */
async function writeTools({ folder, onionmx, tools, variables }: DemoBed): Promise<string> {
  const playFolder = join(folder, 'play');
  const binFolder = join(playFolder, 'bin');
  await mkdir(binFolder, { recursive: true });
  for (const { name, script } of [onionmxTool(onionmx.configFile), ...tools]) {
    const path = join(binFolder, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }
  const rcFile = join(playFolder, 'bashrc');
  const exports = Object.entries({ ...variables }).map(([name, value]) => `export ${name}=${quote(value)}`);
  await writeFile(
    rcFile,
    [`PATH=${quote(binFolder)}:$PATH`, ...exports, "PS1='demo:\\w\\$ '", ''].join('\n'),
  );
  return rcFile;
}

/** The built command, with the configuration of the bed. */
function onionmxTool(configFile: string): PlayTool {
  const program = `${quote(process.execPath)} ${quote(resolve('dist/main.js'))}`;
  const script = `case "\${1-}" in
'' | -* | help) exec ${program} "$@" ;;
*) exec ${program} "$@" --config ${quote(configFile)} ;;
esac`;
  return { name: 'onionmx', script };
}

/**
 * script(1) gives the shell a terminal of its own: in the namespace's session there is none, so that there would be no
 * job control, and a Ctrl-C meant for `tail -f` would end the demo.
 */
async function runShell(bed: DemoBed, rcFile: string): Promise<void> {
  const command = `bash --rcfile ${quote(rcFile)} -i`;
  const shell = spawn('script', ['--quiet', '--command', command, '/dev/null'], { stdio: 'inherit' });
  bed.onStop('the shell', async () => void shell.kill()); // on SIGTERM it puts the terminal right again
  await new Promise<void>((resolveEnd, reject) => {
    shell.once('error', reject);
    shell.once('close', () => resolveEnd());
  });
}

function enterCommand(rcFile: string): string {
  const shell = `bash --rcfile ${quote(rcFile)}`;
  const outerPid = process.env[outerPidVariable];
  if (outerPid === undefined) return shell;
  return `nsenter --net --mount --pid -t "$(pgrep -P "$(pgrep -P ${outerPid} unshare)")" ${shell}`;
}

/** The listeners stay: the bed hears the signal too, and sends it again when it is down. Here it is no failure. */
function waitForSignal(): Promise<void> {
  return new Promise((resolveEnd) => {
    process.on('SIGINT', () => resolveEnd()).on('SIGTERM', () => resolveEnd());
  });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
