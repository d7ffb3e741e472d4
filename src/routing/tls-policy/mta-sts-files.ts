/**
 * The MTA-STS policies that were fetched: a folder with one small file a domain, `example.org.json`. They outlive a restart,
 * since a policy that is forgotten can be blocked as if it had never been there (RFC 8461 §10.2).
 */
import { join } from 'node:path';
import { z } from 'zod';
import { toOnionmxError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import { type DomainName, parseDomainName } from '../../protocol/domain-name.ts';
import { readStateFile, writeStateFile } from '../../state-file.ts';
import { BoundedMap } from '../bounded-map.ts';
import {
  listDomains,
  makeDomainFolder,
  removeAbandonedFiles,
  removeEntryFile,
} from '../memory/memory-files.ts';
import { isHolding, type KeptPolicy } from './mta-sts-rule.ts';

export interface PolicyReader {
  /** Throws `state-folder`. */
  find(domain: DomainName): Promise<KeptPolicy | undefined>;
}

export interface PolicyFiles extends PolicyReader {
  /** Resolves when it is on disk, or kept here and the log says why. */
  save(domain: DomainName, policy: KeptPolicy): Promise<void>;
}

interface PolicyFilesOptions {
  readonly folder: string;
  /** Wall clock, in milliseconds. */
  readonly clock: () => number;
  readonly log: Log;
  readonly maxEntries?: number;
}

/** Stops an attack, as in the memory of routes: those that are known stay, and a stranger's many domains push none of them out. */
const maxPolicies = 10_000;
const hourMs = 3_600_000;

const fileSchema = z
  .object({
    domain: z.string(),
    id: z.string(),
    mode: z.enum(['enforce', 'testing', 'none']),
    mx: z.array(z.string()).readonly(),
    maxAgeSeconds: z.int().min(0),
    fetched: z.iso.datetime().transform((text) => Date.parse(text)),
  })
  .transform(({ mx, fetched, ...rest }) => ({ ...rest, mxNames: mx, fetchedMs: fetched }));

/** As they are on disk, for those who may not change them. */
export function readPolicyFiles(folder: string, log: Log): PolicyReader {
  return { find: (domain) => readPolicy(folder, domain, log, 'leave') };
}

export function openPolicyFiles(options: PolicyFilesOptions): PolicyFiles {
  const { folder, clock, log, maxEntries = maxPolicies } = options;
  const unsaved = new BoundedMap<DomainName, KeptPolicy>(maxEntries);
  let tidiedMs = Number.NEGATIVE_INFINITY;
  let hasComplained = false;

  /** false when there is no room. */
  async function write(domain: DomainName, policy: KeptPolicy): Promise<boolean> {
    await makeDomainFolder(folder);
    const known = await listDomains(folder);
    const needsRoom = !known.includes(domain) && known.length >= maxEntries;
    if (needsRoom && !(await makeRoom())) return false;
    const { id, mode, mxNames, maxAgeSeconds, fetchedMs } = policy;
    const fetched = new Date(fetchedMs).toISOString();
    await writeStateFile(join(folder, `${domain}.json`), {
      domain,
      id,
      mode,
      mx: mxNames,
      maxAgeSeconds,
      fetched,
    });
    return true;
  }

  async function makeRoom(): Promise<boolean> {
    if (Math.abs(clock() - tidiedMs) < hourMs) return false;
    tidiedMs = clock();
    await removeAbandonedFiles(folder, tidiedMs);
    for (const domain of await listDomains(folder)) {
      const policy = await readPolicy(folder, domain, log, 'keep-aside');
      if (policy !== undefined && !isHolding(policy, tidiedMs)) await removeEntryFile(folder, domain);
    }
    if ((await listDomains(folder)).length < maxEntries) return true;
    log.warn({ folder, maxEntries }, 'no room for more MTA-STS policies: new ones are not written down');
    return false;
  }

  /** Once, until it works again. */
  function complain(thrown: unknown): false {
    if (!hasComplained)
      log.error({ ...errorFields(toOnionmxError(thrown)), folder }, 'cannot write down an MTA-STS policy');
    hasComplained = true;
    return false;
  }

  return {
    find: async (domain) => unsaved.get(domain) ?? readPolicy(folder, domain, log, 'keep-aside'),
    async save(domain, policy) {
      if (await write(domain, policy).catch(complain)) {
        unsaved.delete(domain);
        hasComplained = false;
      } else unsaved.set(domain, policy);
    },
  };
}

function readPolicy(
  folder: string,
  domain: DomainName,
  log: Log,
  onBroken: 'keep-aside' | 'leave',
): Promise<KeptPolicy | undefined> {
  return readStateFile(join(folder, `${domain}.json`), (json) => parsePolicy(domain, json), log, onBroken);
}

function parsePolicy(domain: DomainName, json: unknown): KeptPolicy {
  const { domain: named, ...policy } = fileSchema.parse(json);
  if (parseDomainName(named) !== domain) throw new Error(`it is about ${named}`);
  return policy;
}
