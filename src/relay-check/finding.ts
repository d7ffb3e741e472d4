/** What the audit says of one port of an onion service. */
import { formatSocketAddress } from '../protocol/socket-address.ts';
import type { HiddenService, ServicePort, ServiceTarget } from '../mail-host/hidden-services.ts';
import type { OnionClient } from './onion-client.ts';
import {
  onionListenerAddress,
  onionListenerOptions,
  onionListenerService,
} from '../mail-host/onion-listener.ts';
import type { SmtpdListener } from '../mail-host/postfix-listeners.ts';

export interface Finding extends Complaint {
  /** The folder of the onion service. */
  readonly service: string;
  readonly virtualPort: number;
  /** Its name in master.cf; undefined when none was found. */
  readonly listener: string | undefined;
}

export interface Complaint {
  /** `open`: strangers can relay. `broken`: mail does not arrive. */
  readonly severity: 'open' | 'broken' | 'warning' | 'fine';
  /** One sentence with the values. */
  readonly what: string;
  /** The line that lets it in, or that is missing. */
  readonly setting: string;
  /** The file and the line to write. */
  readonly fix: string | undefined;
}

/** A port of an onion service with the listener that it leads to, and as whom that one sees its clients. */
export interface AuditedPort {
  readonly service: HiddenService;
  readonly port: ServicePort;
  readonly listener: SmtpdListener;
  readonly client: OnionClient;
}

export function formatTarget(target: ServiceTarget): string {
  return target.kind === 'other' ? target.text : formatSocketAddress(target);
}

export function formatSetting(listener: SmtpdListener, name: string): string {
  return `${name} = ${listener.parameter(name) ?? ''}`.trimEnd();
}

/**
 * Options for a listener that onion mail alone comes through. Any other one serves local programs or the clear net too,
 * and would break for these: there the cure is a listener of its own.
 */
export function fixListener({ listener, port }: AuditedPort, options: string): string {
  const isOwn = listener.expectsProxyLine && !listener.isPostscreen;
  return isOwn ? `master.cf, service ${listener.name}: ${options}` : ownListener(port.virtualPort);
}

/** The whole recipe. */
export function ownListener(virtualPort: number): string {
  const options = onionListenerOptions()
    .map((option) => `-o ${option}`)
    .join(' ');
  return (
    `master.cf: ${onionListenerService} ${options}; ` +
    `torrc: HiddenServicePort ${virtualPort} ${onionListenerAddress}, HiddenServiceExportCircuitID haproxy`
  );
}
