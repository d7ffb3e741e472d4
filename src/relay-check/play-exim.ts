/** Plays one envelope at a listener of Exim, as a client of an onion service would say it (see mail-host/exim-rehearsal.ts). */
import type { EximListener } from '../mail-host/exim-listeners.ts';
import type { EximRehearsal, EximSession } from '../mail-host/exim-rehearsal.ts';
import type { ServicePort } from '../mail-host/hidden-services.ts';
import { isRefusal, type SmtpReply } from '../protocol/smtp-reply.ts';
import { type AclDecision, readAclDecision } from './exim-trace.ts';

export type RehearseExim = (session: EximSession) => Promise<EximRehearsal>;

export interface PlayedEnvelope {
  readonly isAccepted: boolean;
  /** The one that settled it. */
  readonly reply: SmtpReply | undefined;
  /** The reply to EHLO. */
  readonly greeting: SmtpReply | undefined;
  readonly decision: AclDecision | undefined;
}

interface Play {
  readonly listener: EximListener;
  readonly port: ServicePort;
  /** What comes before SMTP: a PROXY line that the listener waits for, or nothing. */
  readonly firstLine: string;
  readonly sender: string;
  readonly recipient: string;
}

/** An address literal: a name could be asked of DNS. */
const heloName = '[127.0.0.1]';

export async function playExim(play: Play, rehearse: RehearseExim): Promise<PlayedEnvelope> {
  const { port, listener, firstLine, sender, recipient } = play;
  const commands = [`EHLO ${heloName}`, `MAIL FROM:<${sender}>`, `RCPT TO:<${recipient}>`, 'QUIT'];
  const input = `${firstLine}${commands.map((command) => `${command}\r\n`).join('')}`;
  const { replies, trace } = await rehearse({
    client: torAddressTo(port),
    at: describeAddress(listener, port),
    input,
  });
  const [, greeting, mail, rcpt] = replies;
  const refusal = replies.slice(0, 4).find(isRefusal);
  const isAccepted = mail !== undefined && rcpt !== undefined && refusal === undefined;
  return {
    isAccepted,
    reply: isAccepted ? rcpt : refusal,
    greeting,
    decision: readAclDecision(trace),
  };
}

/** tor on this host connects from the address that it connects to; from 127.0.0.1 to all of 127.0.0.0/8. */
export function torAddressTo({ target }: ServicePort): string {
  const host = target.kind === 'tcp' ? target.host : '127.0.0.1';
  return host.startsWith('127.') ? '127.0.0.1' : host;
}

/** Where tor connects to, which is what Exim sees as $received_ip_address and $received_port. */
function describeAddress({ name }: EximListener, { target }: ServicePort): string {
  return target.kind === 'tcp' ? `${target.host}.${target.port}` : name;
}
