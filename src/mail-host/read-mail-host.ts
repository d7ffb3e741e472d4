/** Reads what receives mail on this host: Postfix's listeners, and the onion services of Tor. Changes nothing. */
import { askPostconf } from './ask-postconf.ts';
import { parsePostfixListeners, type SmtpdListener } from './postfix-listeners.ts';
import {
  debianTorrc,
  type NamedService,
  readOnionServices,
  type TorrcPlaces,
} from './read-onion-services.ts';

export interface MailHost {
  readonly listeners: readonly SmtpdListener[];
  readonly services: readonly NamedService[];
  /** Where the onion services were looked for. */
  readonly torrcSources: readonly string[];
}

export interface MailHostPlaces extends TorrcPlaces {
  /** The configuration folder; undefined: Postfix's own default. */
  readonly postfix: string | undefined;
}

/** Throws `postfix-unreadable` and `torrc-unreadable`. */
export async function readMailHost({ torrc, postfix, torrcLines }: MailHostPlaces): Promise<MailHost> {
  const services = await readOnionServices({ torrc, torrcLines });
  return {
    listeners: parsePostfixListeners(await askPostconf(postfix, '-Mx'), await askPostconf(postfix, '-x')),
    services,
    torrcSources: [torrc ?? debianTorrc, '`receiving.onionServices` and `tor.extraTorrc`'],
  };
}
