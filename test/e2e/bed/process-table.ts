/** Reads the table of running processes from /proc. A zombie counts as gone: it only waits to be collected. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly name: string;
  readonly commandLine: string;
}

export function listProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readProcess)
    .filter((entry) => entry !== undefined);
}

export function isRunning(pid: number): boolean {
  return readProcess(String(pid)) !== undefined;
}

function readProcess(pid: string): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
    return parseStat(stat, commandLine);
  } catch {
    return undefined; // it ended while we looked
  }
}

/** `pid (name) state parent group …`; the name may hold spaces and brackets, so cut at the last one. */
function parseStat(stat: string, commandLine: string): ProcessEntry | undefined {
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  const [state, parentPid, groupId] = stat.slice(close + 2).split(' ');
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  return {
    pid: Number(stat.slice(0, open)),
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    name: stat.slice(open + 1, close),
    commandLine,
  };
}
