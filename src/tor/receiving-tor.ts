/** The receiving half of our own tor: its onion services in the torrc, and what becomes of them. */
import type { Log } from '../log.ts';
import { formatSocketAddress } from '../protocol/socket-address.ts';
import { type OnionService, onionServiceLines, wantsProofOfWork } from './onion-service-lines.ts';
import { parseServiceEvent, serviceEventNames } from './service-events.ts';
import { prepareServiceFolder, readServiceAddress } from './service-folders.ts';
import type { ServiceTraffic } from './service-traffic.ts';
import { hasProofOfWorkModule } from './tor-modules.ts';

export interface ReceivingOptions {
  /** The preferred one first. */
  readonly services: readonly OnionService[];
  readonly openTraffic: () => Promise<ServiceTraffic>;
}

export class ReceivingTor {
  readonly #options: ReceivingOptions | undefined;
  readonly #services: readonly OnionService[];
  readonly #log: Log;
  /** Of this life of tor. */
  readonly #published = new Set<string>();
  #traffic: ServiceTraffic | undefined;
  #isWarned = false;

  /** undefined: it only sends. */
  constructor(options: ReceivingOptions | undefined, log: Log) {
    this.#options = options;
    this.#services = options?.services ?? [];
    this.#log = log;
  }

  get eventNames(): readonly string[] {
    return this.#services.length > 0 ? serviceEventNames : [];
  }

  /** Makes the folders; returns the torrc lines. For each life of tor anew: the program may be another one by then. */
  async prepare(program: string): Promise<readonly string[]> {
    if (this.#services.length === 0) return [];
    this.#published.clear();
    this.#traffic ??= await this.#options?.openTraffic();
    for (const service of this.#services) await prepareServiceFolder(service);
    const hasProofOfWork = await hasProofOfWorkModule(program);
    if (!hasProofOfWork) this.#warnOnce(program);
    return this.#services.flatMap((service) => onionServiceLines(service, hasProofOfWork));
  }

  /** tor makes missing keys before its control port answers, so the addresses are known when it does. */
  async announce(): Promise<void> {
    for (const { name, folder, port, target } of this.#services) {
      const onionAddress = await readServiceAddress(folder);
      if (onionAddress !== undefined) this.#traffic?.watch(onionAddress);
      const fields = { name, onionAddress, port, target: formatSocketAddress(target) };
      this.#log.info(fields, 'onion service');
    }
  }

  /** `text` is any event of tor. */
  note(text: string): void {
    const event = parseServiceEvent(text);
    if (event === undefined) return;
    const { kind, onionAddress } = event;
    if (kind === 'client') this.#traffic?.countClient(onionAddress);
    else if (!this.#published.has(onionAddress)) {
      this.#published.add(onionAddress);
      this.#log.info({ onionAddress }, 'onion service is published');
    }
  }

  async close(): Promise<void> {
    await this.#traffic?.flush();
  }

  #warnOnce(program: string): void {
    if (this.#isWarned || !this.#services.some(wantsProofOfWork)) return;
    this.#isWarned = true;
    const hint =
      'use a tor of 0.4.8 or newer (`tor --list-modules` says pow: yes), or set `proofOfWork: false`';
    this.#log.warn(
      { program, hint },
      'this tor has no proof of work: floods are turned away by number alone',
    );
  }
}
