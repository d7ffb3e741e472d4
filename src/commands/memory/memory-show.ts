/** `onionmx memory list` and `show`: what is remembered of domains, for how long yet, and what DNS says against it. */
import type { Config } from '../../config/schema.ts';
import { OnionmxError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type DomainName, parseDomainName } from '../../protocol/domain-name.ts';
import { formatExchanger } from '../../protocol/exchanger.ts';
import {
  describeContradiction,
  describeSight,
  describeTime,
  describeWayOut,
} from '../../routing/memory/describe-memory.ts';
import { knownEvidence } from '../../routing/memory/known-evidence.ts';
import { entryToJson, type MemoryEntry } from '../../routing/memory/memory-entry.ts';
import { listDomains } from '../../routing/memory/memory-files.ts';
import { readRouteMemory } from '../../routing/memory/route-memory.ts';
import { endOf, isOver } from '../../routing/memory/weigh-answer.ts';
import { exitCode } from '../exit-code.ts';
import { formatJson } from '../json.ts';
import { keepMsOf } from '../open-router.ts';
import { memoryFolderOf } from '../state-paths.ts';

export interface MemoryOptions {
  readonly json: boolean;
  readonly config: Config;
  readonly log: Log;
}

interface Remembered {
  readonly domain: DomainName;
  readonly entry: MemoryEntry;
}

/** Throws `state-folder`. */
export async function runMemoryListCommand(
  { json, config, log }: MemoryOptions,
  out: (text: string) => void,
): Promise<number> {
  const folder = memoryFolderOf(config);
  const memory = readRouteMemory(folder, log);
  const all: Remembered[] = [];
  for (const domain of await listDomains(folder)) {
    const entry = await memory.find(domain);
    if (entry !== undefined) all.push({ domain, entry });
  }
  if (json) out(formatJson(all.map((one) => toJson(one, config))));
  else out(all.length === 0 ? `nothing is remembered in ${folder}\n` : toLines(all, config));
  return exitCode.ok;
}

/** Throws `domain-invalid`, `not-remembered` and `state-folder`. */
export async function runMemoryShowCommand(
  { name, json, config, log }: MemoryOptions & { readonly name: string },
  out: (text: string) => void,
): Promise<number> {
  const domain = parseDomainName(name);
  const entry = await readRouteMemory(memoryFolderOf(config), log).find(domain);
  if (entry === undefined) throw notRemembered(domain);
  out(json ? formatJson(toJson({ domain, entry }, config)) : toText({ domain, entry }, config));
  return exitCode.ok;
}

export function notRemembered(domain: DomainName): OnionmxError {
  return new OnionmxError('not-remembered', `nothing is remembered of ${domain}`, {
    hint: `what is remembered: \`onionmx memory list\`; where its mail goes: \`onionmx lookup ${domain}\``,
  });
}

function toLines(all: readonly Remembered[], config: Config): string {
  const width = Math.max(...all.map(({ domain }) => domain.length));
  const nowMs = Date.now();
  const lines = all.map(({ domain, entry }) => {
    const state = describeState(entry, config);
    return `${domain.padEnd(width)}  ${describeSight(entry, nowMs)}${state === undefined ? '' : `, ${state}`}`;
  });
  return `${lines.join('\n')}\n`;
}

function describeState(entry: MemoryEntry, config: Config): string | undefined {
  if (isOver(entry, clockOf(config))) return 'over';
  return entry.doubt === undefined ? undefined : `DNS contradicts since ${describeTime(entry.doubt.sinceMs)}`;
}

function toText({ domain, entry }: Remembered, config: Config): string {
  const { exchangers, firstSeenMs, lastSeenMs, doubt, check, policy } = entry;
  const rows: readonly (readonly [string, string])[] = [
    ...exchangers.map((exchanger): [string, string] => [
      'exchanger',
      `${formatExchanger(exchanger)}, priority ${exchanger.priority}, weight ${exchanger.weight}`,
    ]),
    ['evidence', describeEvidence(entry)],
    ...rowOf('TLS policy', policy),
    ...rowOf('looked at', check && `${describeTime(check.atMs)}: ${check.found.join('; ')}`),
    ['known since', describeTime(firstSeenMs)],
    ['last seen', describeTime(lastSeenMs)],
    ['stands until', describeEnd(entry, config)],
    ...(doubt === undefined
      ? []
      : ([
          [
            'DNS says',
            `${describeContradiction(doubt.says)} (since ${describeTime(doubt.sinceMs)}, not DNSSEC-validated)`,
          ],
          ['what to do', `Ask its operator by another way. ${describeWayOut(domain)}`],
        ] as const)),
  ];
  return `${[domain, ...rows.map(([what, value]) => `  ${what.padEnd(12)}  ${value}`)].join('\n')}\n`;
}

function describeEvidence(entry: MemoryEntry): string {
  const evidence = knownEvidence(entry, Date.now());
  const isShown = evidence === entry.shown?.evidence;
  return isShown ? `${evidence} until ${describeTime(entry.shown.untilMs)}` : evidence;
}

function rowOf(what: string, value: string | undefined): readonly (readonly [string, string])[] {
  return value === undefined ? [] : [[what, value]];
}

function describeEnd(entry: MemoryEntry, config: Config): string {
  if (entry.isPinned) return 'it is unpinned or forgotten, whatever DNS says';
  const end = describeTime(endOf(entry, keepMsOf(config)));
  return isOver(entry, clockOf(config)) ? `${end}: its time is over` : end;
}

function toJson({ domain, entry }: Remembered, config: Config) {
  const until = entry.isPinned ? null : new Date(endOf(entry, keepMsOf(config))).toISOString();
  return { ...entryToJson(domain, entry), evidence: knownEvidence(entry, Date.now()), until };
}

function clockOf(config: Config) {
  return { nowMs: Date.now(), keepMs: keepMsOf(config) };
}
