/** Wires the look for evidence: proofs that domains publish, and certificates that exchangers show, all of it through Tor. */
import type { Config } from '../config/schema.ts';
import type { Log } from '../log.ts';
import type { Connection } from '../net/connection.ts';
import { dialThroughSocks } from '../net/dial-socks.ts';
import type { Exchanger } from '../protocol/exchanger.ts';
import { createEvidenceSeeker, type LookForEvidence } from '../routing/trust/look-for-evidence.ts';
import type { Resolver } from '../routing/dns/resolver.ts';
import type { RouteMemory } from '../routing/memory/route-memory.ts';
import { oneTimeKeyOf } from '../tor/isolation-keys.ts';
import { lookAtCertificate } from './look-at-certificate.ts';
import { openPublishedProofs } from './open-published-proofs.ts';
import { keepMsOf } from './open-router.ts';
import { socksOf } from './socks-of.ts';

interface EvidenceParts {
  readonly resolver: Resolver;
  readonly memory: RouteMemory;
  readonly log: Log;
}

export function openEvidence(config: Config, { resolver, memory, log }: EvidenceParts): LookForEvidence {
  const { heloName } = config.delivery;
  const way = { heloName, dial: (exchanger: Exchanger) => dialOnce(exchanger, config) };
  return createEvidenceSeeker({
    fetchProofs: openPublishedProofs(config, resolver),
    lookAtCertificate: (exchanger, names) => lookAtCertificate(exchanger, names, way),
    memory,
    keepMs: keepMsOf(config),
    now: () => performance.now(),
    clock: Date.now,
    log,
  });
}

function dialOnce(exchanger: Exchanger, config: Config): Promise<Connection> {
  const target = { host: exchanger.onionAddress, port: exchanger.port };
  const { connectTimeoutMs } = config.delivery;
  return dialThroughSocks(socksOf(config), target, oneTimeKeyOf(exchanger), connectTimeoutMs);
}
