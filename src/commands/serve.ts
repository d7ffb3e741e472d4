/** `onionmx serve`: the one place where the house is wired. Runs in the foreground until it is told to stop. */
import type { Config } from '../config/schema.ts';
import { startEndpoint } from '../delivery/endpoint.ts';
import { type EndpointTable, openEndpointTable } from '../delivery/endpoint-table.ts';
import { startRoutingEndpoint } from '../delivery/routing-endpoint.ts';
import type { TlsOptions } from '../delivery/prepare-session.ts';
import type { SessionSource } from '../delivery/session.ts';
import { OnionmxError, toOnionmxError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { createKeyAnswerer } from '../lookup/answer-key.ts';
import { startLookupServer } from '../lookup/lookup-server.ts';
import type { DomainName } from '../protocol/domain-name.ts';
import { type ExchangerSet, isSameSet } from '../protocol/exchanger.ts';
import { openLivingMap } from '../routing/map/living-domain-map.ts';
import { openRefutation } from '../routing/trust/refute-certificate.ts';
import { openRouteMemory } from '../routing/memory/route-memory.ts';
import type { Router } from '../routing/router.ts';
import { exitCode } from './exit-code.ts';
import { nexthopOf } from './nexthop.ts';
import { openOutage } from './open-outage.ts';
import { openEvidence } from './open-evidence.ts';
import { openResolver } from './open-resolver.ts';
import { keepMsOf, openRouter } from './open-router.ts';
import { openSessions } from './open-sessions.ts';
import { openTlsPolicy } from './open-tls-policy.ts';
import { type SocketAccess, findSocketAccess } from './socket-access.ts';
import { socksOf } from './socks-of.ts';
import { StopStack } from './stop-stack.ts';
import { endpointFileOf, mapCopyFileOf, memoryFolderOf, prepareStateFolder } from './state-paths.ts';
import { startTor } from './start-tor.ts';
import { openTlsRule } from './tls-rule.ts';

/** Runs until SIGTERM or SIGINT; SIGHUP takes over a changed map. */
export async function runServeCommand(config: Config, log: Log): Promise<number> {
  // From the first moment: a signal while the sockets are being made must not leave them behind.
  const told = new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  const starting = startService(config, log);
  process.on('SIGHUP', () => {
    starting.then((running) => running.reload()).catch(() => {}); // a start that failed is told below
  });
  const service = await starting;
  const signal = await told;
  log.info({ signal }, 'stopping');
  await service.stop();
  return exitCode.ok;
}

interface RunningService {
  /** Takes over a changed map, as SIGHUP asks. */
  reload(): Promise<void>;
  /** Stops everything in reverse order of its start; what was being delivered stays in the MTA's queue. */
  stop(): Promise<void>;
}

/** Starts everything, or nothing: when a part fails, those before it are stopped and the failure is thrown. */
async function startService(config: Config, log: Log): Promise<RunningService> {
  const stops = new StopStack();
  try {
    return await startParts(config, log, stops);
  } catch (error) {
    await stops.stopAll().catch((failure: unknown) => {
      log.error(errorFields(toOnionmxError(failure)), 'what had been started does not stop');
    });
    throw error;
  }
}

async function startParts(config: Config, log: Log, stops: StopStack): Promise<RunningService> {
  await prepareStateFolder(config);
  const map = stops.add(
    await openLivingMap({ paths: config.map, copyFile: mapCopyFileOf(config), log }),
    (opened) => opened.close(),
  );
  const kept = { folder: memoryFolderOf(config), keepMs: keepMsOf(config), clock: Date.now };
  const memory = stops.add(await openRouteMemory({ ...kept, log }), (opened) => opened.flush());
  const outage = openOutage(config, log);
  if (outage !== undefined) stops.add(outage, (opened) => opened.stop());
  const resolver = await openResolver(config);
  const askPolicy = openTlsPolicy(config, { resolver, log });
  const router = openRouter({
    config,
    resolver,
    map,
    memory,
    askPolicy,
    lookForEvidence: openEvidence(config, { resolver, memory, log }),
    applyOutage: outage?.applyOutage,
    log,
  });
  stops.add(startTor(config, log), (started) => started.stop());
  const opened = stops.add(openSessions(config, socksOf(config), log), (pool) => pool.stop());
  const sessions = outage?.observe(opened) ?? opened;
  const delivery = {
    sessions,
    tlsRuleOf: openTlsRule(router, askPolicy),
    onBadCertificate: openRefutation(memory, log),
  };
  const parts: Parts = { config, log, router, delivery, access: await findSocketAccess(config), stops };
  await startDoors(parts);
  log.info({ stateFolder: config.stateFolder }, 'ready');
  return { reload: () => map.reload(), stop: () => stops.stopAll() };
}

interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly router: Router;
  /** What the endpoints have in common. */
  readonly delivery: TlsOptions & { readonly sessions: SessionSource };
  readonly access: SocketAccess;
  readonly stops: StopStack;
}

/** Endpoints before lookups: Postfix may hold a nexthop from before our restart. */
async function startDoors(parts: Parts): Promise<void> {
  const { config, log, router, delivery, access, stops } = parts;
  const endpoints = stops.add(await openEndpoints(parts), (opened) => opened.close());
  const { routingEndpoint } = config.delivery;
  const route = (domain: DomainName) => router.route(domain);
  if (routingEndpoint !== null) {
    const started = await startRoutingEndpoint({
      address: routingEndpoint,
      ...access,
      ...delivery,
      route,
      log,
    });
    stops.add(started, (running) => running.close());
  }
  const nexthopFor = async (set: ExchangerSet) => nexthopOf(config, await endpoints.ensure(set));
  const answer = createKeyAnswerer({ route, nexthopFor, now: () => performance.now(), log });
  const { socketmap, tcpTable, idleMs } = config.lookup;
  const lookups = await startLookupServer({ socketmap, tcpTable, answer, idleMs, ...access, log });
  stops.add(lookups, (running) => running.close());
}

function openEndpoints({ config, log, router, delivery, access }: Parts): Promise<EndpointTable> {
  const stillLeadsHere = async (domain: DomainName, exchangers: ExchangerSet) => {
    const { route } = await router.route(domain);
    if (route.kind === 'defer') throw new OnionmxError('route-unknown', `${domain}: ${route.reason}`);
    return route.kind === 'onion' && isSameSet(route.exchangers, exchangers);
  };
  return openEndpointTable({
    file: endpointFileOf(config),
    folder: config.delivery.endpointFolder,
    startEndpoint: (exchangers, address) =>
      startEndpoint({ address, ...access, ...delivery, exchangers, stillLeadsHere, log }),
    log,
  });
}
