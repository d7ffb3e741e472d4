/** What doctor wants to know of Tor: it asks it for an onion service that does not exist, and for our own ones. */
import process from 'node:process';
import type { Config } from '../../config/schema.ts';
import type { OnionFacts, TorFacts } from '../../doctor/judge-tor.ts';
import { toOnionmxError } from '../../errors.ts';
import { runProgram } from '../../mail-host/run-program.ts';
import { dialThroughSocks } from '../../net/dial-socks.ts';
import { greetSmtp } from '../../net/greet-smtp.ts';
import { SmtpLink } from '../../net/smtp-link.ts';
import { defaultTimeoutsMs } from '../../net/smtp-timeouts.ts';
import { type Exchanger, formatExchanger } from '../../protocol/exchanger.ts';
import { formatSocketAddress } from '../../protocol/socket-address.ts';
import { connectTorControl } from '../../tor/control-client.ts';
import { parseBootstrap } from '../../tor/bootstrap.ts';
import { findProgram } from '../../tor/find-program.ts';
import { oneTimeKeyOf } from '../../tor/isolation-keys.ts';
import { hasProofOfWorkModule } from '../../tor/tor-modules.ts';
import { torPathsIn } from '../../tor/torrc.ts';
import { askForNobody } from '../ask-for-nobody.ts';
import { socksOf } from '../socks-of.ts';
import { torFolderOf } from '../state-paths.ts';

const controlTimeoutMs = 5000;

/** onions: the ports of our own onion services that take mail. */
export async function gatherTor(
  config: Config,
  onions: readonly Exchanger[],
  unnamed: readonly string[],
): Promise<TorFacts> {
  const [program, network] = await Promise.all([findTor(config), askForNobody(config)]);
  return {
    program,
    socks: formatSocketAddress(socksOf(config)),
    network,
    lacksProofOfWork: await lacksProofOfWork(config, program),
    bootstrap: network.kind === 'answers' ? undefined : await readBootstrap(config),
    onions: await Promise.all(onions.map((onion) => visit(config, onion, network.kind === 'answers'))),
    unnamed,
  };
}

async function findTor({ tor }: Config): Promise<TorFacts['program']> {
  if (tor.use === 'running') return undefined;
  try {
    const path = await findProgram(tor.program, process.env['PATH']);
    const text = await runProgram(path, ['--version']);
    return { path, version: /^Tor version (\S+?)\.?(?:\s|$)/.exec(text)?.[1] ?? text.trim() };
  } catch (error) {
    return toOnionmxError(error);
  }
}

async function lacksProofOfWork({ receiving }: Config, program: TorFacts['program']): Promise<boolean> {
  if (!receiving.onionServices.some(({ proofOfWork }) => proofOfWork)) return false;
  return program !== undefined && 'path' in program && !(await hasProofOfWorkModule(program.path));
}

const ignoreEvent = () => {};

/** Only of our own tor: others let nobody ask. */
async function readBootstrap(config: Config): Promise<string | undefined> {
  if (config.tor.use === 'running') return undefined;
  const { control: address, cookieFile } = torPathsIn(torFolderOf(config));
  try {
    const control = await connectTorControl({
      address,
      cookieFile,
      timeoutMs: controlTimeoutMs,
      onEvent: ignoreEvent,
    });
    const { lines } = await control.send('GETINFO', 'status/bootstrap-phase').finally(() => control.close());
    const found = lines.map(({ text }) => parseBootstrap(text)).find((bootstrap) => bootstrap !== undefined);
    if (found === undefined) return undefined;
    const warning = found.warning === undefined ? '' : ` (${found.warning})`;
    return `${found.percent} %, ${found.summary}${warning}`;
  } catch {
    return undefined;
  }
}

/** As strangers come: through the Tor network, on a circuit of its own. */
async function visit(config: Config, onion: Exchanger, isInNetwork: boolean): Promise<OnionFacts> {
  const name = formatExchanger(onion);
  if (!isInNetwork) return { name, error: undefined, isClosed: false };
  const { connectTimeoutMs, heloName } = config.delivery;
  const target = { host: onion.onionAddress, port: onion.port };
  try {
    const connection = await dialThroughSocks(socksOf(config), target, oneTimeKeyOf(onion), connectTimeoutMs);
    const link = new SmtpLink(connection, name, defaultTimeoutsMs);
    await greetSmtp(link, heloName);
    await link.close();
    return { name, error: undefined, isClosed: false };
  } catch (thrown) {
    const error = toOnionmxError(thrown);
    return { name, error, isClosed: error.code === 'onion-needs-authorisation' };
  }
}
