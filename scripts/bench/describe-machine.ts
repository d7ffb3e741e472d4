/** What the figures of a run depend on. */
import { cpus, loadavg } from 'node:os';
import process from 'node:process';
import { runProgram } from '../../test/e2e/bed/run-program.ts';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly node: string;
  readonly tor: string;
  readonly postfix: string;
  readonly torsocks: string;
  /** What else the machine did before: the mean of one minute. */
  readonly load: string;
}

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  const torVersion = await runProgram('tor', ['--version']);
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    tor: /^Tor version [\d.]+\d/.exec(torVersion)?.[0] ?? 'Tor',
    postfix: (await runProgram('postconf', ['-dh', 'mail_version'])).trim(),
    torsocks: await readPackageVersion('torsocks'),
    load: (loadavg()[0] ?? 0).toFixed(1),
  };
}

/** `torsocks --version` tells the version of another one. */
async function readPackageVersion(name: string): Promise<string> {
  const version = await runProgram('dpkg-query', ['-W', '-f', '${Version}', name]).catch(() => 'unknown');
  return version.trim();
}
