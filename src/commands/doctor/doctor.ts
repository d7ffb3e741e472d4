/** `onionmx doctor`: everything that can be wrong on this host for mail over onions, each with the fact and the next command. */
import { readEnvironment } from '../../config/environment.ts';
import { type LoadedConfig, loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/schema.ts';
import { type DoctorFinding, placeOfTrouble } from '../../doctor/finding.ts';
import { judgeDns } from '../../doctor/judge-dns.ts';
import { judgeBrokenConfiguration, judgeHost } from '../../doctor/judge-host.ts';
import { judgeLookup } from '../../doctor/judge-lookup.ts';
import { judgeMailServer } from '../../doctor/judge-mail-server.ts';
import { judgePolicies } from '../../doctor/judge-policies.ts';
import { judgeReceiving, unknownReceiving } from '../../doctor/judge-receiving.ts';
import { judgeServices } from '../../doctor/judge-services.ts';
import { judgeSrv, type OwnOnions } from '../../doctor/judge-srv.ts';
import { judgeTor } from '../../doctor/judge-tor.ts';
import { judgeTransport } from '../../doctor/judge-transport.ts';
import { countSeverities, formatFindings, sortByArea } from '../../doctor/report.ts';
import { type OnionmxError, toOnionmxError } from '../../errors.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { formatExchanger } from '../../protocol/exchanger.ts';
import { exitCode } from '../exit-code.ts';
import { gatherDns } from './gather-dns.ts';
import { gatherHost } from './gather-host.ts';
import { gatherLookup } from './gather-lookup.ts';
import { gatherExim } from './gather-mail-server.ts';
import { gatherPolicies } from './gather-policies.ts';
import { gatherPostfix, type PostfixFacts } from './gather-postfix.ts';
import { gatherReceiving } from './gather-receiving.ts';
import { gatherTor } from './gather-tor.ts';
import { formatJson } from '../json.ts';
import { findMailServerAudit } from './mail-server-audit.ts';

export interface DoctorOptions {
  /** undefined: the file at its usual place, if there is one. */
  readonly configPath: string | undefined;
  /** Where the onion services are; undefined: Debian's torrc and the lines for our own tor. */
  readonly torrc: string | undefined;
  /** The folder of Postfix's configuration; undefined: its own default. */
  readonly postfix: string | undefined;
  readonly json: boolean;
  readonly version: string;
}

/** Resolves with the exit code: 0 when there is no error, whatever the warnings are. */
export async function runDoctorCommand(options: DoctorOptions, out: (text: string) => void): Promise<number> {
  const findings = sortByArea(await examine(options));
  out(options.json ? formatJson({ counts: countSeverities(findings), findings }) : formatFindings(findings));
  return exitCodeOf(findings);
}

async function examine(options: DoctorOptions): Promise<readonly DoctorFinding[]> {
  const loaded = await attempt(() => loadConfig(options.configPath, readEnvironment()));
  if ('error' in loaded) return [judgeBrokenConfiguration(loaded.error)];
  return examineHost(loaded.value, options);
}

async function examineHost(
  loaded: LoadedConfig,
  { torrc, postfix, version }: DoctorOptions,
): Promise<readonly DoctorFinding[]> {
  const { config } = loaded;
  const mailServer = await attempt(() => gatherPostfix(config, postfix));
  const found = 'value' in mailServer ? mailServer.value : undefined;
  const parts = await Promise.all([
    gatherHost(loaded, version).then(judgeHost),
    examineOnions(config, torrc, found),
    gatherLookup(config, found?.mailOwner).then(judgeLookup),
    examineMailServer(mailServer, config),
  ]);
  return parts.flat();
}

/** Our onion services, as the torrc, the Tor network and DNS have them. */
async function examineOnions(
  config: Config,
  torrc: string | undefined,
  postfix: PostfixFacts | undefined,
): Promise<readonly DoctorFinding[]> {
  const server = await findMailServerAudit(config, postfix?.services.listeners);
  const services = await attempt(() => gatherReceiving(config, torrc, server));
  const { onions, unnamed } = 'value' in services ? services.value : { onions: [], unnamed: [] };
  const domains = findMailDomains(config, postfix);
  const [tor, { dns, srv }] = await Promise.all([
    gatherTor(config, onions, unnamed),
    gatherDns(config, domains),
  ]);
  const own: OwnOnions = {
    exchangers: onions.map(formatExchanger),
    toPublish: onions.filter(({ isClosed }) => !isClosed).map(formatExchanger),
    isIncomplete: 'error' in services || unnamed.length > 0,
  };
  const receiving =
    'value' in services ? judgeReceiving(services.value.receiving) : [unknownReceiving(services.error)];
  return [...judgeTor(tor), ...judgeDns(dns), ...judgeSrv(srv, own), ...receiving];
}

/** Those that people write to. Postfix takes mail for the names of its host too: nobody has to publish anything for these. */
function findMailDomains(config: Config, postfix: PostfixFacts | undefined): readonly DomainName[] {
  const all = config.domains.own.length > 0 ? config.domains.own : (postfix?.domains ?? []);
  const others = all.filter(
    (domain) => domain !== postfix?.hostname && !/^localhost\.|\.localdomain$/.test(domain),
  );
  return others.length > 0 ? others : all;
}

async function examineMailServer(
  mailServer: Attempt<PostfixFacts>,
  config: Config,
): Promise<readonly DoctorFinding[]> {
  if ('error' in mailServer) return judgeMailServer(mailServer.error, await gatherExim(config));
  return [
    ...judgeMailServer(mailServer.value, undefined),
    ...(await examinePostfix(mailServer.value, config)),
  ];
}

async function examinePostfix(facts: PostfixFacts, config: Config): Promise<readonly DoctorFinding[]> {
  const policies = await gatherPolicies(facts.services, facts.ask, config);
  return [...judgeTransport(facts.transport), ...judgeServices(facts.services), ...judgePolicies(policies)];
}

type Attempt<T> = { readonly value: T } | { readonly error: OnionmxError };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: toOnionmxError(error) };
  }
}

const codeOfPlace = {
  config: exitCode.config,
  host: exitCode.osError,
  tor: exitCode.unavailable,
  relay: exitCode.noPermission,
} as const;

function exitCodeOf(findings: readonly DoctorFinding[]): number {
  const place = placeOfTrouble(findings);
  return place === undefined ? exitCode.ok : codeOfPlace[place];
}
