/** `onionmx memory forget` and `pin`: the operator's word on what is remembered. A running service goes by it at once. */
import type { Config } from '../../config/schema.ts';
import type { Log } from '../../log.ts';
import { parseDomainName } from '../../protocol/domain-name.ts';
import { describeSight } from '../../routing/memory/describe-memory.ts';
import { forgetDomain, pinDomain } from '../../routing/memory/memory-changes.ts';
import { exitCode } from '../exit-code.ts';
import { notRemembered } from './memory-show.ts';
import { memoryFolderOf } from '../state-paths.ts';

interface ForgetOptions {
  readonly name: string;
  readonly config: Config;
}

/** Throws `domain-invalid` and `state-folder`. */
export async function runMemoryForgetCommand(
  { name, config }: ForgetOptions,
  out: (text: string) => void,
): Promise<number> {
  const domain = parseDomainName(name);
  const wasKnown = await forgetDomain(memoryFolderOf(config), domain);
  out(
    wasKnown
      ? `${domain} is forgotten: the next answer of DNS is believed\n`
      : `nothing was remembered of ${domain}\n`,
  );
  return exitCode.ok;
}

interface PinOptions extends ForgetOptions {
  readonly isPinned: boolean;
  readonly log: Log;
}

/** Throws `domain-invalid`, `not-remembered` and `state-folder`. */
export async function runMemoryPinCommand(
  { name, isPinned, config, log }: PinOptions,
  out: (text: string) => void,
): Promise<number> {
  const domain = parseDomainName(name);
  const folder = memoryFolderOf(config);
  const nowMs = Date.now();
  const entry = await pinDomain({ folder, domain, isPinned, nowMs, log });
  if (entry === undefined) throw notRemembered(domain);
  const what = isPinned ? 'pinned, and DNS is not asked any more' : 'not pinned, and DNS is asked again';
  out(`${domain} is ${what}: ${describeSight(entry, nowMs)}\n`);
  return exitCode.ok;
}
