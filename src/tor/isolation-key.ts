/** The SOCKS5 user name and password that put the sessions to one exchanger on a circuit of their own. */
import { type Exchanger, formatExchanger } from '../protocol/exchanger.ts';
import type { IsolationKey } from '../protocol/socks5.ts';

/**
 * The same for all sessions to an exchanger until its generation is raised; then the next session gets a new circuit.
 * The user name must not begin with `<torS0X>`: from there on Tor gives names a meaning (socks-extensions).
 */
export function isolationKeyOf(exchanger: Exchanger, generation: number): IsolationKey {
  return { user: 'onionmx', password: `${formatExchanger(exchanger)}#${generation}` };
}
