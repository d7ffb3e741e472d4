/**
 * A session of the pool while it is lent out. When it turns out to be dead, and the exchanger cannot have taken the message, the
 * message goes once more over a fresh one, if it can begin anew: what was kept of it is its first block, which most messages are.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EsmtpCapabilities } from '../protocol/esmtp-capabilities.ts';
import type { Exchanger } from '../protocol/exchanger.ts';
import type { ServerCertificate } from '../net/start-tls.ts';
import { BodyBlocks } from './body-blocks.ts';
import type { MessageSource } from './read-ahead.ts';
import type { Envelope, RecipientOutcome, Session } from './session.ts';
import type { SmtpSession } from './smtp-session.ts';

export class SessionLease implements Session {
  current: SmtpSession;
  readonly #renew: (broken: SmtpSession) => Promise<SmtpSession>;

  /** `renew` ends the broken one, and throws when there is no other. */
  constructor(session: SmtpSession, renew: (broken: SmtpSession) => Promise<SmtpSession>) {
    this.current = session;
    this.#renew = renew;
  }

  get exchanger(): Exchanger {
    return this.current.exchanger;
  }

  get capabilities(): EsmtpCapabilities {
    return this.current.capabilities;
  }

  get certificate(): ServerCertificate | undefined {
    return this.current.certificate;
  }

  get isUsable(): boolean {
    return this.current.isUsable;
  }

  /** A server may show another certificate for another name: that takes a new session when this one is inside TLS. */
  async secure(serverName: string): Promise<ServerCertificate> {
    const { certificate, securedFor } = this.current;
    if (certificate !== undefined && securedFor === serverName) return certificate;
    if (certificate !== undefined) this.current = await this.#renew(this.current);
    return this.current.secure(serverName);
  }

  async transact(envelope: Envelope, body: MessageSource): Promise<readonly RecipientOutcome[]> {
    const blocks = new BodyBlocks(body);
    const { outcomes, isRepeatable } = await this.current.attempt(envelope, blocks);
    const again = isRepeatable && (await this.#beginAnew(blocks));
    const last = again ? await this.current.attempt(envelope, blocks) : { outcomes };
    await blocks.leave();
    return last.outcomes;
  }

  close(): Promise<void> {
    return this.current.close();
  }

  /** Never where the message was to go inside TLS: its certificate would have to be looked at again. */
  async #beginAnew(blocks: BodyBlocks): Promise<boolean> {
    const { certificate, capabilities } = this.current;
    if (certificate !== undefined || !blocks.rewind()) return false;
    try {
      this.current = await this.#renew(this.current);
    } catch {
      return false; // what became of the message is told as it was
    }
    return isDeepStrictEqual(this.current.capabilities, capabilities);
  }
}
