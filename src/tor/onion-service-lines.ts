/** The torrc lines of one onion service of ours (tor(1), "HIDDEN SERVICE OPTIONS"; the limits: "DENIAL OF SERVICE MITIGATION OPTIONS"). */
import type { OnionAddress } from '../protocol/onion-address.ts';
import type { ClientPublicKey } from '../protocol/onion-client-key.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { quoteSocket, quoteText } from './torrc.ts';

export interface OnionService {
  readonly name: string;
  /** Where its keys are; absolute. */
  readonly folder: string;
  /** That clients connect to. */
  readonly port: number;
  readonly target: SocketAddress;
  readonly proofOfWork: boolean;
  readonly introductionsPerSecond: number;
  readonly introductionBurst: number;
  readonly streamsPerCircuit: number;
  /** Empty: everybody may come. */
  readonly authorisedClients: readonly ClientPublicKey[];
  /** The address under which an Onionbalance offers it, with those of other hosts; null: it has none. */
  readonly onionbalance: OnionAddress | null;
}

/** `hasProofOfWork`: whether this tor can do it. To one that cannot, its options are unknown and it would not start. */
export function onionServiceLines(service: OnionService, hasProofOfWork: boolean): readonly string[] {
  const { folder, port, target, streamsPerCircuit, onionbalance } = service;
  return [
    `HiddenServiceDir ${quoteText(folder)}`,
    `HiddenServicePort ${port} ${quoteSocket(target)}`,
    // Stops an open relay: without it, a client from anywhere looks to the mail server like a process of this host.
    'HiddenServiceExportCircuitID haproxy',
    // Streams above the limit would be left without a word, and their clients wait for two minutes.
    `HiddenServiceMaxStreams ${streamsPerCircuit}`,
    'HiddenServiceMaxStreamsCloseCircuit 1',
    ...(hasProofOfWork && wantsProofOfWork(service) ? queueLines(service) : introductionLines(service)),
    // Its folder has an ob_config: see prepareServiceFolder.
    ...(onionbalance === null ? [] : ['HiddenServiceOnionBalanceInstance 1']),
  ];
}

/** Clients that come by Onionbalance's descriptor are not asked for it, and so none of them could do it. */
export function wantsProofOfWork({ proofOfWork, onionbalance }: OnionService): boolean {
  return proofOfWork && onionbalance === null;
}

/** Clients wait in a queue at our tor, in which those that have worked most come first. */
function queueLines({ introductionsPerSecond, introductionBurst }: OnionService): readonly string[] {
  return [
    'HiddenServicePoWDefensesEnabled 1',
    `HiddenServicePoWQueueRate ${introductionsPerSecond}`,
    `HiddenServicePoWQueueBurst ${introductionBurst}`,
  ];
}

/**
 * Introduction points turn away what is too much, friend and foe alike. Not together with the queue: what does not come
 * through to it cannot be put in its order.
 */
function introductionLines({ introductionsPerSecond, introductionBurst }: OnionService): readonly string[] {
  return [
    'HiddenServiceEnableIntroDoSDefense 1',
    `HiddenServiceEnableIntroDoSRatePerSec ${introductionsPerSecond}`,
    `HiddenServiceEnableIntroDoSBurstPerSec ${introductionBurst}`,
  ];
}
