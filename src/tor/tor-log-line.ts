/** The lines that tor writes: `Nov 24 08:31:06.634 [warn] text`. */
import type { Log } from '../log.ts';

export interface TorLogLine {
  /** `unknown` is what other programs say, such as the dynamic linker. */
  readonly severity: 'debug' | 'info' | 'notice' | 'warn' | 'err' | 'unknown';
  readonly text: string;
}

const pattern = /^\w{3} \d\d \d\d:\d\d:\d\d(?:\.\d+)? \[(debug|info|notice|warn|err)\] (.*)$/;

export function parseTorLogLine(line: string): TorLogLine {
  const [, severity, text = ''] = pattern.exec(line) ?? [];
  return isSeverity(severity) ? { severity, text } : { severity: 'unknown', text: line };
}

/**
 * tor warns on healthy days too (when run by root, of a relay that is slow), so its warnings are information here;
 * what an operator must know comes as a bootstrap problem or as the end of the process.
 */
export function passOn(log: Log, { severity, text }: TorLogLine): void {
  if (severity === 'err') log.error({ severity, text }, 'tor says');
  else if (severity === 'warn' || severity === 'unknown') log.info({ severity, text }, 'tor says');
  else log.debug({ severity, text }, 'tor says');
}

/** Why tor has ended, in its own words: its last complaints, else its last line. */
export function summarizeLog(lines: readonly TorLogLine[]): string {
  const complaints = lines.filter(({ severity }) => ['warn', 'err', 'unknown'].includes(severity));
  const chosen = complaints.length > 0 ? complaints.slice(-3) : lines.slice(-1);
  return chosen.length === 0 ? 'it said nothing' : chosen.map(({ text }) => text).join(' | ');
}

function isSeverity(text: string | undefined): text is Exclude<TorLogLine['severity'], 'unknown'> {
  return text !== undefined;
}
