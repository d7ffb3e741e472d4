/** What the memory says of a domain, as sentences for people and lines for the log. */
import type { Log } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { type ExchangerSet, formatExchanger } from '../../protocol/exchanger.ts';
import { describeNone } from '../dns/describe-srv-answer.ts';
import { knownEvidence } from './known-evidence.ts';
import type { Contradiction, MemoryEntry } from './memory-entry.ts';
import type { SrvAnswer } from '../dns/srv-discovery.ts';
import { endOf, isOver, type MemoryClock, type MemoryEvent, type Weighed } from './weigh-answer.ts';

export interface Recalled {
  readonly domain: DomainName;
  readonly srv: SrvAnswer;
  readonly known: MemoryEntry | undefined;
  readonly weighed: Weighed;
  readonly clock: MemoryClock;
}

/** What the memory had to say, and what would change the decision; undefined when it was not needed. */
export function describeRecall({ domain, srv, known, weighed, clock }: Recalled): string | undefined {
  if (known === undefined) return srv.kind === 'failed' ? 'nothing' : undefined;
  const what = describeSight(known, clock.nowMs);
  if (isOver(known, clock)) return `${what}: too long ago, its time is over`;
  if (weighed.holder.kind === 'dns') {
    if (weighed.event === 'changed' || weighed.event === 'vanished')
      return `${what}: the answer is DNSSEC-validated, so it is taken`;
    return 'the same exchangers';
  }
  const end = describeTime(endOf(weighed.entry ?? known, clock.keepMs));
  if (srv.kind === 'failed') return `${what}; stands until ${end} while DNS fails`;
  return `${what}; stands until ${end}, because the answer is not DNSSEC-validated. ${describeWayOut(domain)}`;
}

export function describePinned(domain: DomainName, { exchangers }: MemoryEntry): string {
  return `${formatSet(exchangers)}, pinned: DNS is not asked. To undo: onionmx memory pin --unpin ${domain}`;
}

/** `AAA.onion:25 (dnssec, last seen 2026-11-25T08:36Z)` */
export function describeSight(entry: MemoryEntry, nowMs: number): string {
  const { exchangers, lastSeenMs } = entry;
  return `${formatSet(exchangers)} (${knownEvidence(entry, nowMs)}, last seen ${describeTime(lastSeenMs)})`;
}

export function describeContradiction(says: Contradiction): string {
  return typeof says === 'string' ? describeNone(says) : formatSet(says);
}

export function describeWayOut(domain: DomainName): string {
  return `If the change is right: onionmx memory forget ${domain}`;
}

export function describeTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}

function formatSet(exchangers: ExchangerSet): string {
  return exchangers.map(formatExchanger).join(', ');
}

/** Each change of the memory is a line; a warning only where it looks like an attack. */
export function logRecall(log: Log, { domain, srv, known, weighed, clock }: Recalled): void {
  const { event, entry } = weighed;
  if (event === undefined || srv.kind === 'failed') return;
  const dns = describeContradiction(srv.kind === 'found' ? srv.exchangers : srv.why);
  const remembered = known === undefined ? {} : { remembered: describeSight(known, clock.nowMs) };
  const fields = { domain, ...remembered, dns };
  if (event === 'doubted' && entry !== undefined) {
    const end = describeTime(endOf(entry, clock.keepMs));
    log.warn({ ...fields, until: end, hint: hintOf(domain) }, texts.doubted);
  } else if (event === 'over' && known?.doubt !== undefined) log.warn(fields, texts.over);
  else log.info(fields, texts[event]);
}

function hintOf(domain: DomainName): string {
  return `see \`onionmx memory show ${domain}\`, and ask its operator by another way; if the change is right: \`onionmx memory forget ${domain}\``;
}

const texts: Readonly<Record<MemoryEvent, string>> = {
  first: 'a domain has an onion: it is remembered',
  changed: 'a domain has changed its onion mail exchangers, by a DNSSEC-validated answer',
  vanished: 'a domain has no onion mail exchanger any more, by a DNSSEC-validated answer',
  doubted:
    'DNS says of a domain what anybody could have forged: mail goes on to the onion that is remembered, as far as DNS still names it',
  settled: 'DNS says of a domain again what is remembered',
  over: 'the memory of a domain is over: DNS is believed again',
};
