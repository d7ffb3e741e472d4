/** How far tor has come on its way into the Tor network (control-spec, "Bootstrap phases"). */
import { parseTorFields } from '../protocol/tor-control.ts';

export interface Bootstrap {
  /** 0 to 100. 100 stays when the network is lost later: it proves that tor came up once, no more. */
  readonly percent: number;
  /** In tor's words, such as `Loading relay descriptors`. */
  readonly summary: string;
}

interface BootstrapReport extends Bootstrap {
  /** What hinders tor, when it thinks that its user should know. */
  readonly warning: string | undefined;
}

/** From the event `STATUS_CLIENT … BOOTSTRAP …` or the answer to `GETINFO status/bootstrap-phase`; undefined for others. */
export function parseBootstrap(text: string): BootstrapReport | undefined {
  if (!/(?:^|[ =])(?:NOTICE|WARN) BOOTSTRAP /.test(text)) return undefined;
  const fields = parseTorFields(text);
  const percent = Number(fields.get('PROGRESS'));
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) return undefined;
  const isForUser = fields.get('RECOMMENDATION') === 'warn';
  return {
    percent,
    summary: fields.get('SUMMARY') ?? '',
    warning: isForUser ? fields.get('WARNING') : undefined,
  };
}

/** Each quarter of the way is worth a line in the log. */
export function isMilestone(before: number, after: number): boolean {
  return Math.floor(after / 25) > Math.floor(before / 25);
}
