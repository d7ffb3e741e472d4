/**
 * The table of endpoints: which exchanger sets have a socket. It is kept on disk, and every socket is made again at start,
 * since an MTA may hold a destination for hours. A name is given out only when its socket listens and the table is written.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { type ExchangerSet, endpointNameOf, maxEndpointNameBytes } from '../protocol/exchanger.ts';
import { exchangerSetSchema } from '../protocol/exchanger-schema.ts';
import { maxUnixPathBytes, type SocketAddress } from '../protocol/socket-address.ts';
import { readStateFile, writeStateFile } from '../state-file.ts';

interface RunningEndpoint {
  close(): Promise<void>;
}

interface EndpointTableOptions {
  readonly file: string;
  /** Where the sockets are: an absolute path. */
  readonly folder: string;
  readonly startEndpoint: (exchangers: ExchangerSet, address: SocketAddress) => Promise<RunningEndpoint>;
  readonly log: Log;
}

export interface EndpointTable {
  /** The name of the endpoint for this set, which listens. Throws when its socket or the table cannot be made. */
  ensure(exchangers: ExchangerSet): Promise<string>;
  readonly size: number;
  close(): Promise<void>;
}

interface Entry {
  readonly exchangers: ExchangerSet;
  readonly endpoint: RunningEndpoint;
}

/** Strangers can name domains, and so exchanger sets: beyond this number the set that was asked for least recently goes. */
const maxEndpoints = 1000;
const maxFolderBytes = maxUnixPathBytes - 1 - maxEndpointNameBytes;
const tableSchema = z.array(exchangerSetSchema);

/** Throws `endpoint-folder-too-long`. What cannot be started again is logged, and made anew when it is asked for. */
export async function openEndpointTable(options: EndpointTableOptions): Promise<EndpointTable> {
  assertPathsFit(options.folder);
  const table = new StoredEndpointTable(options);
  await table.restore();
  return table;
}

class StoredEndpointTable implements EndpointTable {
  readonly #options: EndpointTableOptions;
  /** Running endpoints by name, the one asked for last at the end. */
  readonly #entries = new Map<string, Entry>();
  readonly #starting = new Map<string, Promise<string>>();

  constructor(options: EndpointTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  async restore(): Promise<void> {
    const { file, log } = this.#options;
    const sets = (await readStateFile(file, (json) => tableSchema.parse(json), log)) ?? [];
    const started = await Promise.all(sets.map((exchangers) => this.#startAgain(exchangers)));
    for (const entry of started)
      if (entry !== undefined) this.#entries.set(endpointNameOf(entry.exchangers), entry);
  }

  ensure(exchangers: ExchangerSet): Promise<string> {
    const name = endpointNameOf(exchangers);
    const known = this.#starting.get(name);
    if (known !== undefined) return known;
    const entry = this.#entries.get(name);
    if (entry !== undefined) {
      this.#setNewest(name, entry);
      return Promise.resolve(name);
    }
    const starting = this.#add(name, exchangers).finally(() => this.#starting.delete(name));
    this.#starting.set(name, starting);
    return starting;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#starting.values());
    await Promise.all(Array.from(this.#entries.values(), ({ endpoint }) => endpoint.close()));
    this.#entries.clear();
  }

  async #add(name: string, exchangers: ExchangerSet): Promise<string> {
    const entry = await this.#start(exchangers);
    this.#setNewest(name, entry);
    await this.#dropSurplus();
    try {
      await writeStateFile(
        this.#options.file,
        Array.from(this.#entries.values(), (known) => known.exchangers),
      );
    } catch (error) {
      this.#entries.delete(name);
      await entry.endpoint.close();
      throw error;
    }
    return name;
  }

  async #start(exchangers: ExchangerSet): Promise<Entry> {
    const { startEndpoint, folder, log } = this.#options;
    const name = endpointNameOf(exchangers);
    const endpoint = await startEndpoint(exchangers, { kind: 'unix', path: join(folder, name) });
    log.debug({ endpoint: name }, 'an endpoint listens');
    return { exchangers, endpoint };
  }

  async #startAgain(exchangers: ExchangerSet): Promise<Entry | undefined> {
    try {
      return await this.#start(exchangers);
    } catch (error) {
      const fields = { endpoint: endpointNameOf(exchangers), ...errorFields(toOnionmxError(error)) };
      this.#options.log.error(fields, 'an endpoint of the table cannot be started');
      return undefined;
    }
  }

  #setNewest(name: string, entry: Entry): void {
    this.#entries.delete(name);
    this.#entries.set(name, entry);
  }

  async #dropSurplus(): Promise<void> {
    const surplus = [...this.#entries].slice(0, Math.max(0, this.#entries.size - maxEndpoints));
    for (const [name] of surplus) this.#entries.delete(name);
    await Promise.all(surplus.map(([, { endpoint }]) => endpoint.close()));
  }
}

function assertPathsFit(folder: string): void {
  const bytes = Buffer.byteLength(folder);
  if (bytes <= maxFolderBytes) return;
  throw new OnionmxError(
    'endpoint-folder-too-long',
    `the path of the endpoint folder ${folder} has ${bytes} bytes (${maxFolderBytes} at most, so that socket paths fit)`,
    { hint: 'set `delivery.endpointFolder` to a folder with a shorter path' },
  );
}
