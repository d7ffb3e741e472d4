/** Reads what receives mail on this host: Postfix's listeners, and the onion services of Tor. Changes nothing. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { OnionmxError } from '../errors.ts';
import { type OnionAddress, parseOnionAddress } from '../protocol/onion-address.ts';
import { type HiddenService, parseHiddenServices } from './hidden-services.ts';
import { parsePostfixListeners, type SmtpdListener } from './postfix-listeners.ts';

export interface MailHost {
  readonly listeners: readonly SmtpdListener[];
  readonly services: readonly NamedService[];
  /** Where the onion services were looked for. */
  readonly torrcSources: readonly string[];
}

interface NamedService extends HiddenService {
  /** undefined when its folder may not be read, or tor has not made it yet. */
  readonly onionAddress: OnionAddress | undefined;
}

export interface MailHostPlaces {
  /** undefined: Debian's. */
  readonly torrc: string | undefined;
  /** The configuration folder; undefined: Postfix's own default. */
  readonly postfix: string | undefined;
  /** The lines for our own tor. */
  readonly torrcLines: readonly string[];
}

const debianTorrc = '/etc/tor/torrc';
const postconfTimeoutMs = 20_000;
const run = promisify(execFile);

/** Throws `postfix-unreadable` and `torrc-unreadable`. */
export async function readMailHost({ torrc, postfix, torrcLines }: MailHostPlaces): Promise<MailHost> {
  const texts = [await readTorrc(torrc), torrcLines.join('\n')];
  const services = texts.flatMap(parseHiddenServices);
  return {
    listeners: parsePostfixListeners(await askPostconf(postfix, '-Mx'), await askPostconf(postfix, '-x')),
    services: await Promise.all(services.map(nameService)),
    torrcSources: [torrc ?? debianTorrc, '`tor.extraTorrc`'],
  };
}

/** A file that was named must be there; Debian's need not be. */
async function readTorrc(torrc: string | undefined): Promise<string> {
  try {
    return await readFile(torrc ?? debianTorrc, 'utf8');
  } catch (cause) {
    if (torrc === undefined && isAbsent(cause)) return '';
    throw new OnionmxError('torrc-unreadable', `cannot read the torrc: ${messageOf(cause)}`, {
      hint: 'name the file that your tor reads with --torrc, and run this as a user who may read it',
      cause,
    });
  }
}

async function askPostconf(folder: string | undefined, question: string): Promise<string> {
  const args = [...(folder === undefined ? [] : ['-c', folder]), question];
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  try {
    const { stdout } = await run('postconf', args, { env, timeout: postconfTimeoutMs, maxBuffer: 2 ** 24 });
    return stdout;
  } catch (cause) {
    throw new OnionmxError(
      'postfix-unreadable',
      `cannot ask Postfix for its configuration: ${messageOf(cause)}`,
      {
        hint: 'only Postfix is read; for another mail server name what is to be tried, such as your onion address',
        cause,
      },
    );
  }
}

async function nameService(service: HiddenService): Promise<NamedService> {
  const text = await readFile(join(service.folder, 'hostname'), 'utf8').catch(() => '');
  return { ...service, onionAddress: text === '' ? undefined : parseOnionAddress(text.trim()) };
}

function isAbsent(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.trim() : String(cause);
}
