/** The services of master.cf that onion mail goes through, and the parameters that hold for them. */
import { join } from 'node:path';
import type { MasterService } from '../mail-host/master-services.ts';
import type { SmtpdListener } from '../mail-host/postfix-listeners.ts';
import { type DoctorFinding, find } from './finding.ts';
import { readTransportTables } from './transport-tables.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';

export interface ServiceFacts {
  readonly services: readonly MasterService[];
  readonly listeners: readonly SmtpdListener[];
  readonly parameters: ReadonlyMap<string, string>;
  readonly queueFolder: string;
  /** The name of the service in our answers. */
  readonly transport: string;
  readonly nexthopPrefix: string;
  readonly endpointFolder: string;
  /** Where onionmx answers. */
  readonly addresses: readonly SocketAddress[];
}

export function judgeServices(facts: ServiceFacts): readonly DoctorFinding[] {
  const { services, transport } = facts;
  const service = services.find(({ name, type }) => name === transport && type === 'unix');
  return [
    ...(service === undefined ? [missingService(facts)] : judgeTransport(facts, service)),
    ...judgeRewriting(facts),
  ];
}

function missingService({ transport }: ServiceFacts): DoctorFinding {
  return find(
    'error',
    'transport-service',
    `master.cf has no service ${transport}`,
    'onionmx names it in its answers: all onion mail waits with "mail transport unavailable"',
    recipeFor(transport),
  );
}

function judgeTransport(facts: ServiceFacts, service: MasterService): readonly DoctorFinding[] {
  const { transport } = facts;
  const isLmtp = service.command === 'lmtp';
  return [
    isLmtp
      ? find('ok', 'transport-service', `master.cf hands the transport ${transport} to lmtp`)
      : find(
          'error',
          'transport-service',
          `the service ${transport} of master.cf runs ${service.command}`,
          'the endpoints of onionmx speak LMTP alone',
          recipeFor(transport),
        ),
    judgeEndpointPath(facts, service),
    judgeConcurrency(facts),
    judgeTls(facts, service),
  ];
}

function recipeFor(transport: string): string {
  return `postconf -M '${transport}/unix=${transport} unix - - y - - lmtp -o syslog_name=postfix/${transport}' && postfix reload`;
}

function judgeEndpointPath(facts: ServiceFacts, service: MasterService): DoctorFinding {
  const { nexthopPrefix, endpointFolder, queueFolder } = facts;
  const seen = nexthopPrefix.startsWith('/') ? nexthopPrefix : join(queueFolder, nexthopPrefix);
  const wrong = (fact: string, reason: string) =>
    find('error', 'endpoint-path', fact, reason, nexthopAdvice(queueFolder));
  if (nexthopPrefix !== nexthopPrefix.toLowerCase())
    return wrong(
      `\`delivery.nexthopPrefix\` ${nexthopPrefix} has upper-case letters`,
      'Postfix folds it to lower case, and finds no socket',
    );
  if (nexthopPrefix.startsWith('/') && isChrooted(service, facts.parameters))
    return wrong(
      `${service.name} runs in a chroot in ${queueFolder}, and is sent to ${nexthopPrefix}`,
      'it cannot reach that path: all onion mail waits',
    );
  if (seen !== endpointFolder)
    return wrong(
      `Postfix looks for endpoints in ${seen}, and onionmx makes them in ${endpointFolder}`,
      'it finds no socket: all onion mail waits',
    );
  return find(
    'ok',
    'endpoint-path',
    `Postfix looks for endpoints where onionmx makes them: ${endpointFolder}`,
  );
}

function nexthopAdvice(queueFolder: string): string {
  return `set \`delivery.endpointFolder: ${queueFolder}/onionmx\` and \`delivery.nexthopPrefix: onionmx\``;
}

/** master(5): before compatibility level 1 a service without a word on it is in the chroot. */
export function isChrooted({ chroot }: MasterService, parameters: ReadonlyMap<string, string>): boolean {
  const isByDefault = Number.parseInt(parameters.get('compatibility_level') ?? '0', 10) < 1;
  return chroot === 'y' || (chroot === '-' && isByDefault);
}

function judgeConcurrency({ parameters, transport }: ServiceFacts): DoctorFinding {
  const name = `${transport}_initial_destination_concurrency`;
  const value = parameters.get(name) ?? parameters.get('initial_destination_concurrency') ?? '5';
  if (value === '1') return find('ok', 'concurrency', `${name} = 1`);
  const reason =
    'single failures never make Postfix pause an onion that is down: it tries each message there again and again';
  return find(
    'warning',
    'concurrency',
    `${name} is ${value}`,
    reason,
    `postconf -e ${name}=1 && postfix reload`,
  );
}

/** smtp_tls_security_level(5) of lmtp: with these it gives up when no TLS is offered, and endpoints offer none. */
const wantsTls: ReadonlySet<string> = new Set(['encrypt', 'dane-only', 'fingerprint', 'verify', 'secure']);

/** An endpoint is a socket of this host: there is nothing to encrypt. */
function judgeTls({ parameters }: ServiceFacts, { name, overrides }: MasterService): DoctorFinding {
  const valueOf = (parameter: string) => overrides.get(parameter) ?? parameters.get(parameter) ?? '';
  const level = valueOf('lmtp_tls_security_level');
  const next = `postconf -P '${name}/unix/lmtp_tls_security_level=none' '${name}/unix/lmtp_tls_policy_maps=' && postfix reload`;
  if (wantsTls.has(level))
    return find(
      'error',
      'endpoint-tls',
      `lmtp_tls_security_level is ${level} for the service ${name}`,
      'it waits for TLS, which endpoints do not offer: all onion mail waits',
      next,
    );
  const policies = valueOf('lmtp_tls_policy_maps');
  if (policies === '') return find('ok', 'endpoint-tls', `the service ${name} wants no TLS of endpoints`);
  const needs = 'a policy that wants TLS makes all onion mail wait';
  return find(
    'unknown',
    'endpoint-tls',
    `the service ${name} asks ${policies} whether it needs TLS`,
    needs,
    next,
  );
}

function judgeRewriting(facts: ServiceFacts): readonly DoctorFinding[] {
  const waiting = facts.listeners.filter((listener) => asksOnionmx(listener, facts)).map(({ name }) => name);
  if (facts.listeners.length === 0) return [];
  if (waiting.length === 0)
    return [find('ok', 'rewrite-service', 'smtpd accepts mail while onionmx does not run')];
  return [
    find(
      'warning',
      'rewrite-service',
      `smtpd asks onionmx at ${waiting.join(', ')}`,
      'while onionmx does not run, it refuses recipients there for now',
      'onionmx setup sending (it gives each a service of its own: rewrite2)',
    ),
  ];
}

/** The listener of onion mail takes mail for own domains alone, which `own-domains` is about. */
function asksOnionmx(
  listener: SmtpdListener,
  { services, parameters, queueFolder, addresses }: ServiceFacts,
): boolean {
  if (listener.expectsProxyLine) return false;
  const name = listener.parameter('rewrite_service_name') ?? 'rewrite';
  const service = services.find((found) => found.name === name && found.type === 'unix');
  const value = service?.overrides.get('transport_maps') ?? parameters.get('transport_maps') ?? '';
  return readTransportTables(value, queueFolder, addresses).ours !== undefined;
}
