/** The SOCKS5 user names and passwords that put the sessions to each exchanger on a circuit of their own. */
import { randomUUID } from 'node:crypto';
import { type Exchanger, formatExchanger } from '../protocol/exchanger.ts';
import type { IsolationKey } from '../protocol/socks5.ts';

/**
 * The same for all sessions to an exchanger until its generation is raised; then the next session gets a new circuit.
 * The user name must not begin with `<torS0X>`: from there on Tor gives names a meaning (socks-extensions).
 */
export function isolationKeyOf(exchanger: Exchanger, generation: number): IsolationKey {
  return { user: 'onionmx', password: `${formatExchanger(exchanger)}#${generation}` };
}

/** For one use: a circuit that nobody else is on, in whatever state those of others are. */
export function oneTimeKeyOf(exchanger: Exchanger): IsolationKey {
  return { user: 'onionmx', password: `${formatExchanger(exchanger)}#${randomUUID()}` };
}

/** One key an exchanger, until it is retired: streams with the same key share a circuit, and its trouble. */
export class IsolationKeys {
  /** Only of exchangers whose circuit was given up once: few, and each small. */
  readonly #generations = new Map<string, number>();

  keyFor(exchanger: Exchanger): IsolationKey {
    return isolationKeyOf(exchanger, this.#generations.get(formatExchanger(exchanger)) ?? 0);
  }

  /** From now on the exchanger has another key; a key that is retired already changes nothing, so many may fail at once. */
  retire(exchanger: Exchanger, key: IsolationKey): void {
    const name = formatExchanger(exchanger);
    const generation = this.#generations.get(name) ?? 0;
    if (isolationKeyOf(exchanger, generation).password === key.password)
      this.#generations.set(name, generation + 1);
  }
}
