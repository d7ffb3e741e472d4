/** An onion service as the configuration gives it, with its defaults. */
import type { OnionService } from '../../src/tor/onion-service-lines.ts';

export function makeOnionService(change: Partial<OnionService> & { readonly folder: string }): OnionService {
  return {
    name: 'mail',
    port: 25,
    target: { kind: 'tcp', host: '127.0.0.1', port: 2515 },
    proofOfWork: true,
    introductionsPerSecond: 25,
    introductionBurst: 250,
    streamsPerCircuit: 50,
    authorisedClients: [],
    onionbalance: null,
    ...change,
  };
}
