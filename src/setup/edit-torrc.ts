/** Puts the onion service for mail into a torrc (tor(1), "HIDDEN SERVICE OPTIONS"); everything else stays, to the byte. */
import { endLine } from './end-line.ts';
import { OnionmxError } from '../errors.ts';
import { type HiddenService, parseHiddenServices, type ServicePort } from '../mail-host/hidden-services.ts';
import { formatSocketAddress } from '../protocol/socket-address.ts';

export interface WantedService {
  readonly virtualPort: number;
  /** `127.0.0.1:2515`. */
  readonly target: string;
  /** All lines of a service that is new. */
  readonly newService: readonly string[];
}

const circuitLine = 'HiddenServiceExportCircuitID haproxy';

/**
 * A service that has the port already keeps its address, and is led to the listener. Throws `setup-impossible` when it has
 * other ports too: the line that tells the circuit would go before what these say.
 */
export function setOnionService(text: string, wanted: WantedService): string {
  const service = findMailService(text, wanted.virtualPort);
  const port = service?.ports.find(({ virtualPort }) => virtualPort === wanted.virtualPort);
  if (service === undefined || port === undefined) return appendService(text, wanted);
  if (leadsTo(port, wanted.target) && service.exportsCircuitId) return text;
  if (service.ports.length > 1) throw hasOtherPorts(service, wanted);
  return redirectPort(text, service, port, wanted);
}

/** The service for mail that a torrc has; undefined: none has that port. */
export function findMailService(text: string, virtualPort: number): HiddenService | undefined {
  return parseHiddenServices(text).find(({ ports }) =>
    ports.some((port) => port.virtualPort === virtualPort),
  );
}

function appendService(text: string, { newService }: WantedService): string {
  const lines = ['# onionmx: the onion service of this mail host', ...newService];
  return `${endLine(text)}${lines.join('\n')}\n`;
}

function redirectPort(
  text: string,
  { exportsCircuitId }: HiddenService,
  port: ServicePort,
  { virtualPort, target }: WantedService,
): string {
  const own = [`HiddenServicePort ${virtualPort} ${target}`, ...(exportsCircuitId ? [] : [circuitLine])];
  return text
    .split('\n')
    .flatMap((line, index) => (index + 1 === port.line ? own : [line]))
    .join('\n');
}

function leadsTo({ target }: ServicePort, wanted: string): boolean {
  return target.kind !== 'other' && formatSocketAddress(target) === wanted;
}

function hasOtherPorts({ folder, ports }: HiddenService, { virtualPort }: WantedService): OnionmxError {
  const others = ports.map((port) => port.virtualPort).filter((port) => port !== virtualPort);
  return new OnionmxError(
    'setup-impossible',
    `the onion service in ${folder} has port ${virtualPort} and others (${others.join(', ')}): ${circuitLine} would hold for all of them`,
    {
      hint: `give mail an onion service of its own: take port ${virtualPort} out of this one, and run this again`,
    },
  );
}
