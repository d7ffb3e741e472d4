/** What doctor wants to know of smtpd's restrictions and filters. It asks the access tables that stand before a restriction. */
import type { Config } from '../../config/schema.ts';
import {
  type ListenerRestrictions,
  nameAskedFor,
  type PolicyFacts,
  type RestrictionFacts,
} from '../../doctor/judge-policies.ts';
import type { ServiceFacts } from '../../doctor/judge-services.ts';
import { readTransportTables } from '../../doctor/transport-tables.ts';
import type { SmtpdListener } from '../../mail-host/postfix-listeners.ts';
import { splitPostfixWords } from '../../mail-host/postfix-words.ts';
import type { AskTable } from './gather-postfix.ts';
import { parseRestrictions, type Restriction, restrictionLists } from '../../relay-check/restrictions.ts';

const filterParameters = [
  'smtpd_milters',
  'non_smtpd_milters',
  'smtpd_proxy_filter',
  'content_filter',
] as const;
/** Any name under .onion: tables that settle all of them are what is looked for. */
const probeName = 'onionmx-check.onion';

export async function gatherPolicies(
  { listeners, parameters, queueFolder, addresses }: ServiceFacts,
  ask: AskTable,
  { trust }: Pick<Config, 'trust'>,
): Promise<PolicyFacts> {
  const verifyTables =
    parameters.get('address_verify_transport_maps') ?? parameters.get('transport_maps') ?? '';
  return {
    listeners: await Promise.all(listeners.map((listener) => gatherListener(listener, ask))),
    filters: findFilters(listeners, parameters),
    verifiesThroughUs: readTransportTables(verifyTables, queueFolder, addresses).ours !== undefined,
    tlsPolicies: splitPostfixWords(parameters.get('smtp_tls_policy_maps') ?? '', 'blanks and commas'),
    asksPolicyDaemon: trust.tlsPolicyDaemon !== null,
  };
}

async function gatherListener(listener: SmtpdListener, ask: AskTable): Promise<ListenerRestrictions> {
  const restrictions: RestrictionFacts[] = [];
  for (const list of restrictionLists) {
    const steps = readList(listener, list);
    for (const [place, { word }] of steps.entries()) {
      const earlier = steps.slice(0, place);
      restrictions.push({ list, word, isGuarded: await isGuarded(listener, word, earlier, ask) });
    }
  }
  return { listener: listener.name, restrictions };
}

/** With the words of restriction classes in place of their names. */
function readList(
  listener: SmtpdListener,
  list: string,
  open: readonly string[] = [],
): readonly Restriction[] {
  const classes = new Set(
    parseRestrictions(listener.parameter('smtpd_restriction_classes') ?? '').map(({ word }) => word),
  );
  return parseRestrictions(listener.parameter(list) ?? '').flatMap((restriction) => {
    const { word } = restriction;
    if (!classes.has(word)) return [restriction];
    return open.includes(word) ? [] : readList(listener, word, [...open, word]);
  });
}

async function isGuarded(
  listener: SmtpdListener,
  word: string,
  earlier: readonly Restriction[],
  ask: AskTable,
): Promise<boolean> {
  const asked = nameAskedFor(word);
  if (asked === undefined) return false;
  if (asked === 'recipient' && settlesRecipients(listener, earlier)) return true;
  const tables = earlier
    .filter((step) => step.word === `check_${asked}_access`)
    .map(({ text }) => tableOf(text));
  for (const table of tables) if (await settlesOnion(table, ask)) return true;
  return false;
}

function has(steps: readonly Restriction[], pattern: RegExp): boolean {
  return steps.some(({ word }) => pattern.test(word));
}

/** A recipient under .onion is none of ours: strangers' mail for it is refused before, and users' mail is accepted before. */
function settlesRecipients(listener: SmtpdListener, earlier: readonly Restriction[]): boolean {
  if (has(earlier, /^(?:reject|defer)_unauth_destination$/)) return true;
  const acceptsUsers = has(earlier, /^permit_(?:mynetworks|sasl_authenticated)$/);
  return (
    acceptsUsers &&
    has(readList(listener, 'smtpd_relay_restrictions'), /^(?:reject|defer)_unauth_destination$/)
  );
}

/** access(5): the keys that Postfix would look for, with and without parent_domain_matches_subdomains. */
async function settlesOnion(table: string, ask: AskTable): Promise<boolean> {
  for (const key of [`someone@${probeName}`, probeName, '.onion', 'onion']) {
    const answer = await ask(table, key).catch(() => undefined);
    if (answer !== undefined && !/^dunno\b/i.test(answer)) return true;
  }
  return false;
}

function tableOf(text: string): string {
  return text.replace(/^\S+\s+/, '');
}

function findFilters(
  listeners: readonly SmtpdListener[],
  parameters: ReadonlyMap<string, string>,
): readonly string[] {
  const found = filterParameters.flatMap((name) => {
    const values = [parameters.get(name), ...listeners.map((listener) => listener.parameter(name))];
    return values.filter((value) => value !== undefined && value !== '').map((value) => `${name} = ${value}`);
  });
  const services = listeners.flatMap((listener) =>
    restrictionLists.flatMap((list) =>
      readList(listener, list).filter(({ word }) => word === 'check_policy_service'),
    ),
  );
  return [...new Set([...found, ...services.map(({ text }) => text)])];
}
