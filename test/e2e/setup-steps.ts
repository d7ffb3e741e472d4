/** What the tests of setup have in common: a snapshot of a host's files, and hands that fail at one step. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { planSetup, type PlannedSetup } from '../../src/commands/setup/plan-setup.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Plan } from '../../src/setup/plan.ts';
import { type HostHands, hostHands } from '../../src/setup/host-hands.ts';

/** Every file below the folder, and this one, with mode, owner and bytes. */
export async function takeSnapshot(folder: string, file: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const entries = [...names, file].map(async (path) => {
    const { mode, uid, gid } = await stat(path);
    return [path, `${mode} ${uid} ${gid} ${await readFile(path, 'base64')}`] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** All parts, with the configuration as it is now. */
export async function planAll(configFile: string): Promise<PlannedSetup> {
  const { config } = await loadConfig(configFile, readEnvironment());
  const choices = { parts: [], apply: true, undo: false, json: false, records: 'zone' } as const;
  const none = { mailServer: undefined, postfix: undefined, torrc: undefined, blackhole: undefined };
  return planSetup({ ...choices, ...none, config, configFile });
}

/** Writes, programs, and the verification at the end. */
export function countSteps({ changes, checks, reloads }: Plan): number {
  return changes.length + checks.length + reloads.length + 1;
}

/** The hands of the host, whose write or run with this number (counted from 0) fails; the verification comes last. */
export function failAt(failing: number): { hands: HostHands; verify: () => Promise<void> } {
  let step = 0;
  const countStep = async () => {
    if (step++ === failing) throw new Error(`step ${failing} fails`);
  };
  return {
    hands: {
      ...hostHands,
      write: async (path, state) => {
        await countStep();
        await hostHands.write(path, state);
      },
      run: async (deed) => {
        await countStep();
        await hostHands.run(deed);
      },
    },
    verify: countStep,
  };
}
