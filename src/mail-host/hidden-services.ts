/** The onion services of a torrc, and where each of their ports leads (tor(1), "HIDDEN SERVICE OPTIONS"). */
import { parseSocketAddress, type SocketAddress } from '../protocol/socket-address.ts';
import { parseTorrcLines, type TorrcLine } from './torrc-lines.ts';

/** `other` is what we cannot place: a host name, or no address at all. */
export type ServiceTarget = SocketAddress | { readonly kind: 'other'; readonly text: string };

export interface ServicePort {
  readonly virtualPort: number;
  readonly target: ServiceTarget;
  readonly line: number;
}

export interface HiddenService {
  readonly folder: string;
  /** tor begins each connection with a PROXY line whose address tells the circuit. */
  readonly exportsCircuitId: boolean;
  readonly ports: readonly ServicePort[];
  readonly line: number;
}

/** Files that the text includes (`%include`) are not read. */
export function parseHiddenServices(torrcText: string): readonly HiddenService[] {
  const services: HiddenService[] = [];
  for (const line of parseTorrcLines(torrcText)) {
    const last = services.at(-1);
    if (line.option === 'hiddenservicedir') services.push(beginService(line));
    else if (last !== undefined) services[services.length - 1] = applyLine(last, line);
  }
  return services;
}

function beginService({ value, line }: TorrcLine): HiddenService {
  return { folder: value, exportsCircuitId: false, ports: [], line };
}

function applyLine(service: HiddenService, line: TorrcLine): HiddenService {
  if (line.option === 'hiddenserviceexportcircuitid')
    return { ...service, exportsCircuitId: line.value.toLowerCase() === 'haproxy' };
  if (line.option !== 'hiddenserviceport') return service;
  const port = parsePort(line);
  return port === undefined ? service : { ...service, ports: [...service.ports, port] };
}

/** `25`, `25 2515`, `25 127.0.0.1:2515`, `25 unix:/run/mail`; tor does not start with a port that is no number. */
function parsePort({ value, line }: TorrcLine): ServicePort | undefined {
  const [, digits = '', target = ''] = /^(\d{1,5})(?:\s+(.*))?$/s.exec(value.trim()) ?? [];
  const virtualPort = Number(digits);
  if (virtualPort < 1 || virtualPort > 65535) return undefined;
  return { virtualPort, target: parseTarget(target.trim(), virtualPort), line };
}

function parseTarget(text: string, virtualPort: number): ServiceTarget {
  try {
    return parseSocketAddress(completeTarget(text, virtualPort));
  } catch {
    return { kind: 'other', text };
  }
}

/** Gives the parts that tor adds by itself: the host 127.0.0.1, the virtual port. */
function completeTarget(text: string, virtualPort: number): string {
  if (text === '') return `127.0.0.1:${virtualPort}`;
  if (/^\d+$/.test(text)) return `127.0.0.1:${text}`;
  if (text.startsWith('unix:')) return text.replace(/^unix:"(.*)"$/s, 'unix:$1');
  const [, host = '', port = String(virtualPort)] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
  return `${host.toLowerCase() === 'localhost' ? '127.0.0.1' : host}:${port}`;
}
