/** Which mail server this host has, whether its configuration can be read, and of Exim, whether it is ours. */
import { type DoctorFinding, type Failure, find } from './finding.ts';

/** Files that setup would change, and whether the routers that ask onionmx are among them. */
export interface EximFacts {
  readonly version: string;
  readonly differing: readonly string[];
  readonly asks: boolean;
}

/** The oldest with all that the onion listener needs. */
const oldestPostfix = [3, 7] as const;

export function judgeMailServer(
  postfix: { readonly version: string } | Failure,
  exim: EximFacts | Failure | undefined,
): readonly DoctorFinding[] {
  if ('version' in postfix) return [judgeVersion(postfix.version)];
  if (exim === undefined)
    return [
      find(
        'unknown',
        'mail-server',
        postfix.message,
        'what the mail server does with onion mail needs `postconf`, and its configuration folder',
        'onionmx doctor --postfix /etc/postfix',
      ),
    ];
  if ('message' in exim) return [find('unknown', 'mail-server', exim.message, exim.hint)];
  return [find('ok', 'mail-server', `Exim ${exim.version}`), judgeExim(exim)];
}

function judgeVersion(version: string): DoctorFinding {
  const fact = `Postfix ${version}`;
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const isRecent = major > oldestPostfix[0] || (major === oldestPostfix[0] && minor >= oldestPostfix[1]);
  if (isRecent) return find('ok', 'mail-server', fact);
  return find(
    'warning',
    'mail-server',
    fact,
    `${oldestPostfix.join('.')} is the oldest that has all the onion listener needs`,
    'apt install postfix',
  );
}

function judgeExim({ asks, differing }: EximFacts): DoctorFinding {
  const [severity, fact, reason] = !asks
    ? (['error', 'Exim does not ask onionmx', 'all mail takes the clear net'] as const)
    : (['warning', `Exim is not set up as setup does it: ${differing.join(', ')}`, differs] as const);
  return differing.length === 0
    ? find('ok', 'exim', 'Exim is set up as `onionmx setup` does it')
    : find(severity, 'exim', fact, reason, 'onionmx setup');
}

const differs = 'a file was changed by hand, or is of an older onionmx, or something is not set up yet';
