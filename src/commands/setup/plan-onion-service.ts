/** What setup would change in the torrc of a Tor that is not onionmx's own. */
import { access, readFile } from 'node:fs/promises';
import { onionService } from '../../config/onion-service.ts';
import { onionListenerAddress } from '../../mail-host/onion-listener.ts';
import { debianTorrc, torrcUnreadable } from '../../mail-host/read-onion-services.ts';
import { parseTorrcLines } from '../../mail-host/torrc-lines.ts';
import { findMailService, setOnionService } from '../../setup/edit-torrc.ts';
import { type Deed, emptyPlan, type Plan } from '../../setup/plan.ts';
import { onionServiceLines } from '../../tor/onion-service-lines.ts';
import { hasProofOfWorkModule } from '../../tor/tor-modules.ts';
import type { SetupCommandOptions } from './setup-options.ts';

const debianDefaults = '/usr/share/tor/tor-service-defaults-torrc';
const debianServiceFolder = '/var/lib/tor/onionmx';
const smtpPort = 25;

/**
 * Whether the onion service is one of a Tor that is not our own: so it is when that one is used, and when it has a service
 * for mail already, whose address is known to others.
 */
export async function hasForeignService({ config, torrc }: SetupCommandOptions): Promise<boolean> {
  if (config.tor.use === 'running') return true;
  const text = await readFile(torrc ?? debianTorrc, 'utf8').catch(() => '');
  return findMailService(text, smtpPort) !== undefined;
}

/** Throws `torrc-unreadable` and `setup-impossible`. */
export async function planOnionService({ config, torrc }: SetupCommandOptions): Promise<Plan> {
  const path = torrc ?? debianTorrc;
  const before = await readTorrc(path);
  const service = onionService.parse({ name: 'onionmx', target: onionListenerAddress });
  const hasProofOfWork = await hasProofOfWorkModule(config.tor.program);
  const after = setOnionService(before, {
    virtualPort: smtpPort,
    target: onionListenerAddress,
    newService: onionServiceLines({ ...service, folder: debianServiceFolder }, hasProofOfWork),
  });
  if (before === after) return emptyPlan;
  const hasDefaults = path === debianTorrc && (await isThere(debianDefaults));
  const defaults = hasDefaults ? debianDefaults : '/dev/null';
  const reloads = await findReload(`${await readTorrc(defaults)}\n${before}`);
  return {
    changes: [{ path, before, after, reasons: [reason] }],
    checks: [{ command: 'tor', args: ['--verify-config', '-f', path, '--defaults-torrc', defaults] }],
    reloads,
    notes: reloads.length === 0 ? [`Restart the Tor that reads ${path}.`] : [],
  };
}

const reason =
  'The onion service leads to the listener for onion mail, and tells it each circuit, so that no client seems to be this host.';

/** tor reads its torrc again at SIGHUP. A tor that does not run reads it when it starts. */
async function findReload(torrcTexts: string): Promise<readonly Deed[]> {
  const pidFile = parseTorrcLines(torrcTexts).findLast(({ option }) => option === 'pidfile')?.value;
  if (pidFile === undefined || !(await isThere(pidFile))) return [];
  return [{ command: 'sh', args: ['-c', `kill -HUP "$(cat ${pidFile})"`] }];
}

async function readTorrc(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw torrcUnreadable(cause);
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
