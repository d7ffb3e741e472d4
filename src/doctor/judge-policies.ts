/**
 * What else in Postfix has a say on onion mail: restrictions that ask DNS for a name under .onion (RFC 7686 forbids it),
 * filters that may, address verification, and TLS policies.
 */
import { type DoctorFinding, find } from './finding.ts';

export interface PolicyFacts {
  readonly listeners: readonly ListenerRestrictions[];
  /** Milters, policy services, content filters: `smtpd_milters = inet:…`. */
  readonly filters: readonly string[];
  /** address_verify_transport_maps has our table. */
  readonly verifiesThroughUs: boolean;
  /** The tables of smtp_tls_policy_maps. */
  readonly tlsPolicies: readonly string[];
  /** onionmx asks a TLS policy daemon too. */
  readonly asksPolicyDaemon: boolean;
}

export interface ListenerRestrictions {
  /** Its name in master.cf. */
  readonly listener: string;
  readonly restrictions: readonly RestrictionFacts[];
}

export interface RestrictionFacts {
  /** `smtpd_sender_restrictions` */
  readonly list: string;
  /** Lower case, without its argument. */
  readonly word: string;
  /** What stands before it in the list settles names under .onion. */
  readonly isGuarded: boolean;
}

type Asked = 'sender' | 'recipient' | 'helo';

const asksFor: ReadonlyMap<string, Asked> = new Map<string, Asked>([
  ['reject_unknown_sender_domain', 'sender'],
  ['reject_unknown_recipient_domain', 'recipient'],
  ['permit_mx_backup', 'recipient'],
  ['reject_unknown_helo_hostname', 'helo'],
  ['reject_unknown_hostname', 'helo'],
]);

/** What a restriction asks DNS for, of the envelope and HELO; undefined: nothing. */
export function nameAskedFor(word: string): Asked | undefined {
  const [, asked] = /^check_(sender|recipient|helo)_(?:a|mx|ns)_access$/.exec(word) ?? [];
  return asked === 'sender' || asked === 'recipient' || asked === 'helo' ? asked : asksFor.get(word);
}

export function judgePolicies(facts: PolicyFacts): readonly DoctorFinding[] {
  return [
    ...judgeDnsQuestions(facts),
    ...judgeVerification(facts),
    ...judgeFilters(facts),
    ...judgeTlsPolicies(facts),
  ];
}

function judgeDnsQuestions({ listeners }: PolicyFacts): readonly DoctorFinding[] {
  const found = listeners.flatMap(({ listener, restrictions }) =>
    restrictions.flatMap(({ list, word, isGuarded }) => {
      const asked = nameAskedFor(word);
      return asked === undefined || isGuarded ? [] : [describeQuestion(listener, list, word, asked)];
    }),
  );
  if (found.length > 0 || listeners.length === 0) return found;
  return [find('ok', 'dns-for-onion', 'no restriction of smtpd asks DNS for a name under .onion')];
}

const cures: Readonly<Record<Asked, string>> = {
  sender: 'before it: check_sender_access inline:{onion=REJECT}',
  recipient: 'put it behind permit_mynetworks and permit_sasl_authenticated',
  helo: 'before it: check_helo_access inline:{onion=REJECT}',
};

const askedNames: Readonly<Record<Asked, string>> = {
  sender: 'a sender under .onion',
  recipient: 'a recipient under .onion',
  helo: 'a client that calls itself by its onion name',
};

function describeQuestion(listener: string, list: string, word: string, asked: Asked): DoctorFinding {
  const fate = word.startsWith('reject_') ? ', and refused' : '';
  const reason = `${askedNames[asked]} is asked of DNS${fate}; no such name may get there (RFC 7686)`;
  return find('warning', 'dns-for-onion', `${word} in ${list} of ${listener}`, reason, cures[asked]);
}

function judgeVerification({ listeners, verifiesThroughUs }: PolicyFacts): readonly DoctorFinding[] {
  const users = listeners.filter(({ restrictions }) =>
    restrictions.some(({ word }) => /^reject_unverified_(?:sender|recipient)$/.test(word)),
  );
  if (users.length === 0) return [];
  const names = users.map(({ listener }) => listener).join(', ');
  if (verifiesThroughUs)
    return [find('ok', 'verification', `addresses are verified at ${names} the way their mail would go`)];
  return [
    find(
      'warning',
      'verification',
      `addresses are verified at ${names} without asking onionmx`,
      'address_verify_transport_maps has other tables than transport_maps: those probes take the clear net',
      "postconf -e 'address_verify_transport_maps = $transport_maps' && postfix reload",
    ),
  ];
}

function judgeFilters({ filters }: PolicyFacts): readonly DoctorFinding[] {
  return filters.map((filter) =>
    find(
      'unknown',
      'filters',
      `${filter} may ask DNS for names under .onion`,
      'its own configuration has to say; a resolver that keeps .onion to itself, as unbound does, lets none out',
    ),
  );
}

/** A daemon remembers the policies of all domains; onionmx knows only those of domains with an onion, once it has met them. */
function judgeTlsPolicies({ tlsPolicies, asksPolicyDaemon }: PolicyFacts): readonly DoctorFinding[] {
  return tlsPolicies.map((table) => {
    if (asksPolicyDaemon || !table.startsWith('socketmap:'))
      return find('ok', 'tls-policy', `${table} holds for the clear net; mail over an onion does not ask it`);
    return find(
      'warning',
      'tls-policy',
      `Postfix asks ${table} which domains have MTA-STS or DANE, and onionmx does not`,
      'forged DNS at the first mail to such a domain could then lead it to an onion that the clear net would not trust',
      `in the configuration: trust.tlsPolicyDaemon: "${table.replace(':localhost:', ':127.0.0.1:')}"`,
    );
  });
}
