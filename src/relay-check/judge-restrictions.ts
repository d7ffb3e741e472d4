/** What a list of smtpd restrictions says to one message, in the order in which Postfix reads it (postconf(5), SMTPD_ACCESS_README). */
import { matchClient, type OnionClient } from './onion-client.ts';
import type { SmtpdListener } from '../mail-host/postfix-listeners.ts';
import { parseRestrictions, type Restriction } from './restrictions.ts';

export interface Mail {
  readonly client: OnionClient;
  /** `stranger`: the recipient's domain is none of ours, so that accepting it is relaying. */
  readonly recipient: 'stranger' | 'own';
}

export interface Judgement {
  /** `passes`: the end of the list was reached, which lets the mail go on to the next list. */
  readonly verdict: 'permits' | 'refuses' | 'passes';
  /** The restriction that decided. */
  readonly by?: string;
  /** The entry of mynetworks that the client is in. */
  readonly entry?: string;
  /** What came before and could have permitted the mail: tables, policy services. */
  readonly doubts: readonly string[];
}

type Step = Omit<Judgement, 'doubts'> | { readonly verdict: 'doubt'; readonly doubt: string };
const goOn: Step = { verdict: 'passes' };

/** Their answer for a recipient of ours is no. A HELO name under .onion is known to no DNS, nor is tor's range. */
const unknownNames: ReadonlySet<string> = new Set([
  'reject_unknown_helo_hostname',
  'reject_unknown_hostname',
  'reject_unknown_client_hostname',
  'reject_unknown_client',
  'reject_unknown_reverse_client_hostname',
]);
const refusals: ReadonlySet<string> = new Set(['reject', 'defer', 'defer_if_permit']);
const strangerRefusals: ReadonlySet<string> = new Set([
  'reject_unauth_destination',
  'defer_unauth_destination',
  'check_relay_domains',
]);
/** They permit nothing to a client without a password, a listed certificate, or a recipient that names us in its MX. */
const harmlessPermits: ReadonlySet<string> = new Set([
  'permit_sasl_authenticated',
  'permit_tls_clientcerts',
  'permit_auth_destination',
  'permit_mx_backup',
]);

export function judgeList(listener: SmtpdListener, list: string, mail: Mail): Judgement {
  return judge(listener, listener.parameter(list) ?? '', mail, new Set());
}

function judge(listener: SmtpdListener, text: string, mail: Mail, open: ReadonlySet<string>): Judgement {
  const classes = parseRestrictions(listener.parameter('smtpd_restriction_classes') ?? '');
  const doubts: string[] = [];
  for (const restriction of parseRestrictions(text)) {
    const { word, isWarningOnly } = restriction;
    // Postfix dies of a class that holds itself; here it is passed over, so that this always ends.
    if (isWarningOnly || open.has(word)) continue;
    if (classes.some((found) => found.word === word)) {
      const inner = judge(listener, listener.parameter(word) ?? '', mail, new Set([...open, word]));
      doubts.push(...inner.doubts);
      if (inner.verdict !== 'passes') return { ...inner, doubts };
      continue;
    }
    const step = judgeStep(listener, restriction, mail);
    if (step.verdict === 'doubt') doubts.push(step.doubt);
    else if (step.verdict !== 'passes') return { ...step, doubts };
  }
  return { verdict: 'passes', doubts };
}

function judgeStep(listener: SmtpdListener, restriction: Restriction, mail: Mail): Step {
  const { word, text } = restriction;
  if (word === 'permit_mynetworks') return judgeMynetworks(listener, mail);
  if (word === 'permit' || (word === 'permit_auth_destination' && mail.recipient === 'own'))
    return { verdict: 'permits', by: word };
  // tor on this host connects from an address of this host.
  if (word === 'permit_inet_interfaces')
    return mail.client.kind === 'circuit' ? goOn : { verdict: 'permits', by: word };
  if (refusals.has(word) || (strangerRefusals.has(word) && mail.recipient === 'stranger'))
    return { verdict: 'refuses', by: word };
  if (unknownNames.has(word) && refusesForName(word, mail)) return { verdict: 'refuses', by: word };
  return mayPermit(word) ? { verdict: 'doubt', doubt: text } : goOn;
}

/** Every mynetworks_style, which holds when mynetworks is not told, has the loopback in it. */
export function effectiveMynetworks(listener: SmtpdListener): string {
  return listener.parameter('mynetworks') ?? '127.0.0.0/8 [::1]/128';
}

function judgeMynetworks(listener: SmtpdListener, { client }: Mail): Step {
  const match = matchClient(effectiveMynetworks(listener), client);
  if (match.kind === 'in') return { verdict: 'permits', by: 'permit_mynetworks', entry: match.entry };
  return match.kind === 'out' ? goOn : { verdict: 'doubt', doubt: `mynetworks = ${match.entry}` };
}

/** A relay's guest names itself as it likes, so these names protect nothing; but honest mail names itself .onion. */
function refusesForName(word: string, { client, recipient }: Mail): boolean {
  if (recipient === 'stranger') return false;
  return (
    client.kind === 'circuit' || word === 'reject_unknown_helo_hostname' || word === 'reject_unknown_hostname'
  );
}

function mayPermit(word: string): boolean {
  if (word.startsWith('permit_')) return !harmlessPermits.has(word);
  // A bare `type:table` is an access table too, and a `${…}` that was not filled in may be anything.
  return word.startsWith('check_') || /[:$]/.test(word);
}
