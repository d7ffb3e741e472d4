/** One onion service of our own tor, as it is configured, and what cannot be configured together. */
import { z } from 'zod';
import { parseOnionAddress } from '../protocol/onion-address.ts';
import { parsedText } from './parsed-text.ts';
import { clientKey, count, localAddress, serviceName } from './setting-values.ts';

/** tor takes no more. */
const maxPerSecond = 0x7fffffff;
const onionAddress = parsedText(parseOnionAddress, (address) => address);

export const onionService = z
  .strictObject({
    name: serviceName.describe('of its folder in stateFolder/onion, where its keys are. Required.'),
    port: count(1, 65_535).default(25).describe('that other hosts connect to. Default: 25.'),
    target: localAddress
      .prefault('127.0.0.1:2515')
      .describe('the listener for onion mail alone, IP:PORT or unix:/path. Default: 127.0.0.1:2515.'),
    proofOfWork: z
      .boolean()
      .default(true)
      .describe('in a flood, clients that have done a piece of work come first. Default: true.'),
    introductionsPerSecond: count(1, maxPerSecond)
      .default(25)
      .describe('how many new clients tor serves in a second; the others wait, or try again. Default: 25.'),
    introductionBurst: count(1, maxPerSecond)
      .default(250)
      .describe('how many may come at once. Not below introductionsPerSecond. Default: 250.'),
    streamsPerCircuit: count(1, 65_535)
      .default(50)
      .describe('connections that one client may have at a time; with more it is cut off. Default: 50.'),
    authorisedClients: z
      .array(clientKey)
      .prefault([])
      .readonly()
      .describe('descriptor:x25519:KEY of each host that may reach it. Default: [], which is everybody.'),
    onionbalance: onionAddress
      .nullable()
      .default(null)
      .describe(
        'the onion address under which an Onionbalance offers this service; without proofOfWork. Default: null.',
      ),
  })
  .check(refuseSmallBurst)
  .check(refuseClosedInstance)
  .readonly();

export type OnionServiceSettings = z.output<typeof onionService>;

type Check<T> = z.core.ParsePayload<T>;

interface Limits {
  readonly introductionBurst: number;
  readonly introductionsPerSecond: number;
}

function refuseSmallBurst({ value, issues }: Check<Limits>): void {
  const { introductionBurst, introductionsPerSecond } = value;
  if (introductionBurst >= introductionsPerSecond) return;
  const message = `must be at least introductionsPerSecond (${introductionsPerSecond}), not ${introductionBurst}`;
  issues.push({ code: 'custom', path: ['introductionBurst'], message, input: introductionBurst });
}

interface Access {
  readonly authorisedClients: readonly unknown[];
  readonly onionbalance: string | null;
}

/** Onionbalance has no key of the group, and would wait for a descriptor that it can read. */
function refuseClosedInstance({ value, issues }: Check<Access>): void {
  const { authorisedClients, onionbalance } = value;
  if (onionbalance === null || authorisedClients.length === 0) return;
  const message = 'cannot be together with authorisedClients: Onionbalance could not read the descriptor';
  issues.push({ code: 'custom', path: ['onionbalance'], message, input: onionbalance });
}

/** Two services with one folder would be one service with two configurations. */
export function refuseNamesTwice({ value, issues }: Check<readonly OnionServiceSettings[]>): void {
  for (const [index, { name }] of value.entries()) {
    const first = value.findIndex((other) => other.name === name);
    if (first === index) continue;
    const message = `"${name}" is the name of service ${first + 1} already`;
    issues.push({ code: 'custom', path: [index, 'name'], message, input: name });
  }
}

interface TorAndServices {
  readonly tor: { readonly use: 'managed' | 'running' };
  readonly receiving: { readonly onionServices: readonly unknown[] };
}

/** A service that nobody makes would look configured, and no mail would come. */
export function complainOfForeignTor({ value, issues }: Check<TorAndServices>): void {
  const { tor, receiving } = value;
  if (tor.use === 'managed' || receiving.onionServices.length === 0) return;
  const message =
    'only with tor.use managed: a Tor that runs already has its onion services in its own torrc; docs/receiving.md has the lines';
  const path = ['receiving', 'onionServices'];
  issues.push({ code: 'custom', path, message, input: receiving.onionServices });
}
