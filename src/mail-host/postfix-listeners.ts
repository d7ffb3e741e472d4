/** Which smtpd and postscreen services listen where, and what holds for each (master(5), postconf(1)). */
import type { SocketAddress } from '../protocol/socket-address.ts';
import { listeningAddresses } from './listening-addresses.ts';
import { type MasterService, parseMasterServices } from './master-services.ts';
import { parsePostfixParameters } from './postfix-parameters.ts';
import { expandPostfixValue } from './postfix-words.ts';

export interface SmtpdListener {
  /** The first field of its line in master.cf, as written. */
  readonly name: string;
  readonly addresses: readonly SocketAddress[];
  readonly isPostscreen: boolean;
  /** It waits for the line of HAProxy's protocol that tells the client's address. */
  readonly expectsProxyLine: boolean;
  /** The value that holds here: the `-o` of the service, else that of main.cf. */
  parameter(name: string): string | undefined;
}

/**
 * masterText is the output of `postconf -M` (or -Mf, -Mx), parametersText that of `postconf -x`. A value of main.cf
 * that names a parameter which a service overrides keeps what main.cf says: `-x` shows the reference no more.
 */
export function parsePostfixListeners(masterText: string, parametersText: string): readonly SmtpdListener[] {
  const services = parseMasterServices(masterText);
  const parameters = parsePostfixParameters(parametersText);
  return services
    .filter(({ type, command }) => type === 'inet' && (command === 'smtpd' || command === 'postscreen'))
    .map((service) => buildListener(service, services, parameters));
}

function buildListener(
  service: MasterService,
  services: readonly MasterService[],
  parameters: ReadonlyMap<string, string>,
): SmtpdListener {
  const isPostscreen = service.command === 'postscreen';
  const smtpd = isPostscreen ? findSmtpdBehind(service, services, parameters) : service;
  const parameter = (name: string): string | undefined => {
    const { overrides } = name.startsWith('postscreen_') ? service : smtpd;
    const lookUp = (wanted: string): string | undefined => overrides.get(wanted) ?? parameters.get(wanted);
    const override = overrides.get(name);
    return override === undefined
      ? parameters.get(name)
      : expandPostfixValue(override, lookUp, new Set([name]));
  };
  const proxyParameter = isPostscreen
    ? 'postscreen_upstream_proxy_protocol'
    : 'smtpd_upstream_proxy_protocol';
  return {
    name: service.name,
    // master(8) binds the addresses, and it knows main.cf alone: the service's own `-o` come too late.
    addresses: listeningAddresses(service.name, parameters),
    isPostscreen,
    expectsProxyLine: parameter(proxyParameter)?.toLowerCase() === 'haproxy',
    parameter,
  };
}

/** postscreen hands its clients to a service of type `pass`, and the restrictions are those of that one. */
function findSmtpdBehind(
  postscreen: MasterService,
  services: readonly MasterService[],
  parameters: ReadonlyMap<string, string>,
): MasterService {
  const name =
    postscreen.overrides.get('smtpd_service_name') ?? parameters.get('smtpd_service_name') ?? 'smtpd';
  return services.find((service) => service.type === 'pass' && service.name === name) ?? postscreen;
}
