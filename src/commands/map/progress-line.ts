/** One line on a terminal that tells how far a long command is, and is gone when it is done. */

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ProgressLine {
  readonly show: (done: number, total: number) => void;
  readonly clear: () => void;
}

const clearLine = '\r\u{1b}[K';
const barWidth = 30;

/** Says nothing where nobody watches: into a file or a pipe. */
export function openProgressLine(terminal: Terminal): ProgressLine {
  if (terminal.isTTY !== true) return { show: () => {}, clear: () => {} };
  return {
    show: (done, total) => void terminal.write(`${clearLine}${formatProgress(done, total)}`),
    clear: () => void terminal.write(clearLine),
  };
}

/** `[#########                     ] 12/40` */
function formatProgress(done: number, total: number): string {
  const filled = Math.floor((done * barWidth) / Math.max(total, 1));
  return `[${'#'.repeat(filled).padEnd(barWidth)}] ${done}/${total}`;
}
