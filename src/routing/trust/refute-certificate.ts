/** A certificate that a route rests on is not shown any more: the evidence is gone, and the next lookup goes by what is left. */
import { toOnionmxError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { type ExchangerSet, formatExchanger, hasSameAddresses } from '../../protocol/exchanger.ts';
import type { MemoryEntry } from '../memory/memory-entry.ts';
import type { RouteMemory } from '../memory/route-memory.ts';

/** The function returns at once. */
export function openRefutation(
  memory: RouteMemory,
  log: Log,
): (domain: DomainName, exchangers: ExchangerSet) => void {
  async function refute(domain: DomainName, exchangers: ExchangerSet): Promise<void> {
    await memory.revise(domain, (known) => {
      const entry = known && dropCertificate(known, exchangers);
      if (entry !== known) {
        const hint = `see \`onionmx lookup ${domain}\`, and ask its operator by another way`;
        const fields = { domain, exchangers: exchangers.map(formatExchanger), hint };
        log.warn(fields, 'an exchanger does not show the certificate that its route rests on: mail waits');
      }
      return { entry, result: undefined };
    });
  }

  return (domain, exchangers) => {
    refute(domain, exchangers).catch((thrown: unknown) => {
      log.error({ domain, ...errorFields(toOnionmxError(thrown)) }, 'the memory cannot be changed');
    });
  };
}

/** The very entry when it rests on something else. */
function dropCertificate(known: MemoryEntry, exchangers: ExchangerSet): MemoryEntry {
  if (known.shown?.evidence !== 'certificate' || !hasSameAddresses(known.exchangers, exchangers))
    return known;
  const { shown: _, ...rest } = known;
  return rest;
}
