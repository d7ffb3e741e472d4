/** What a set of processes uses, from /proc: memory now and at most, and processor time since the beginning. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  readonly processes: number;
  readonly rssMb: number;
  /** Pages that several processes share are counted once in all. */
  readonly pssMb: number;
}

export interface ProcessWatch {
  /** The most of each that was seen, and the processor time of all since the watch began. */
  readonly stop: () => Usage & { readonly cpuMs: number };
}

const everyMs = 250;

export function watchProcesses(listPids: () => readonly number[]): ProcessWatch {
  const before = new Map<number, number>();
  for (const pid of listPids()) before.set(pid, readCpuMs(pid) ?? 0);
  const latest = new Map(before);
  let most: Usage = { processes: 0, rssMb: 0, pssMb: 0 };
  const look = () => {
    const pids = listPids();
    for (const pid of pids) latest.set(pid, readCpuMs(pid) ?? latest.get(pid) ?? 0);
    const now = readUsage(pids);
    most = {
      processes: Math.max(most.processes, now.processes),
      rssMb: Math.max(most.rssMb, now.rssMb),
      pssMb: Math.max(most.pssMb, now.pssMb),
    };
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      const cpuMs = [...latest].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? 0), 0);
      return { ...most, cpuMs };
    },
  };
}

export function readUsage(pids: readonly number[]): Usage {
  const texts = pids.map((pid) => readProc(pid, 'smaps_rollup')).filter((text) => text !== undefined);
  const sum = (name: string) =>
    texts.reduce(
      (total, text) => total + Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0),
      0,
    );
  return { processes: texts.length, rssMb: sum('Rss') / 1024, pssMb: sum('Pss') / 1024 };
}

/** Of all its threads, to the nanosecond: the ticks of /proc/PID/stat are too coarse for processes that live for a moment. */
function readCpuMs(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const times = threads.map((id) => readProc(pid, `task/${id}/schedstat`)?.split(' ')[0] ?? '0');
    return times.reduce((sum, nanoseconds) => sum + Number(nanoseconds), 0) / 1_000_000;
  } catch {
    return undefined;
  }
}

/** Undefined when it has ended. */
function readProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return undefined;
  }
}
