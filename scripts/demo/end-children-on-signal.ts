/** Ends the programs that a bed has half started, when a signal comes: the bed itself stops only what is up. */
import process from 'node:process';
import { listProcesses } from '../../test/e2e/bed/process-table.ts';

/** Returns how to undo this. In a namespace it is not needed: the kernel ends all of them. */
export function endChildrenOnSignal(): () => void {
  process.once('SIGINT', endChildren).once('SIGTERM', endChildren);
  return () => void process.off('SIGINT', endChildren).off('SIGTERM', endChildren);
}

function endChildren(): void {
  const children = listProcesses().filter(({ parentPid }) => parentPid === process.pid);
  for (const { pid } of children) process.kill(pid, 'SIGTERM');
}
