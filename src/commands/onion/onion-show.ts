/** `onionmx onion show`: the onion services of this host: where they are found, who may come, what to publish. */
import type { Config } from '../../config/schema.ts';
import type { Log } from '../../log.ts';
import { formatSocketAddress } from '../../protocol/socket-address.ts';
import type { Traffic } from '../../tor/service-traffic.ts';
import { exitCode } from '../exit-code.ts';
import { formatJson } from '../json.ts';
import { type Overview, type Shown, surveyOnionServices } from './onion-overview.ts';
import { onionFolderOf } from '../state-paths.ts';

export interface OnionShowOptions {
  readonly json: boolean;
  readonly config: Config;
  readonly log: Log;
}

/** Throws `onion-keys-folder` and `state-folder`. */
export async function runOnionShowCommand(
  { json, config, log }: OnionShowOptions,
  out: (text: string) => void,
): Promise<number> {
  const overview = await surveyOnionServices(config, log);
  out(json ? formatJson(toJson(overview)) : toText(overview, config));
  return exitCode.ok;
}

function toText({ services, retired, records }: Overview, config: Config): string {
  const parts = [
    services.length === 0 ? noServiceText(config) : '',
    ...services.map(serviceText),
    ...recordText(services, records, config),
    retired
      .map((name) => `${onionFolderOf(config)}/${name}: keys that no configured service uses`)
      .join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function noServiceText({ tor }: Config): string {
  return tor.use === 'managed'
    ? 'no onion service is configured: add one to receiving.onionServices'
    : 'the Tor in use is not ours: its onion services are in its own torrc';
}

function recordText(
  services: readonly Shown[],
  records: readonly string[],
  { domains }: Config,
): readonly string[] {
  if (records.length > 0) return [['SRV records to publish:', ...records.map(indent)].join('\n')];
  const isForAll = services.some(({ groupSize }) => groupSize === undefined);
  if (!isForAll || domains.own.length > 0) return [];
  return ['name your domains in domains.own to see the SRV records to publish'];
}

function serviceText({ service, onionAddress, groupSize, traffic }: Shown): string {
  const { name, port, target, folder } = service;
  const lines = [
    `address  ${onionAddress ?? 'none yet: tor makes it when `onionmx serve` starts'}`,
    `port     ${port}, leads to ${formatSocketAddress(target)}`,
    `open to  ${groupSize === undefined ? 'everybody' : `a closed group of ${groupSize}: not in DNS, its members have it in their map`}`,
    `keys     ${folder}`,
    `clients  ${trafficText(traffic)}`,
  ];
  return [name, ...lines.map(indent)].join('\n');
}

function trafficText(traffic: Traffic | undefined): string {
  if (traffic === undefined) return 'not counted yet';
  const { circuits, since, lastAt } = traffic;
  return lastAt === null
    ? `none since ${since}`
    : `${circuits} circuits since ${since}, the last at ${lastAt}`;
}

function indent(line: string): string {
  return `  ${line}`;
}

function toJson({ services, retired, records }: Overview) {
  return {
    services: services.map(({ service, onionAddress, groupSize, traffic }) => ({
      name: service.name,
      onionAddress: onionAddress ?? null,
      port: service.port,
      target: formatSocketAddress(service.target),
      closedGroup: groupSize ?? null,
      keys: service.folder,
      clients: traffic ?? null,
    })),
    unusedKeys: retired,
    records,
  };
}
