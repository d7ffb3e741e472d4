/** Sessions to exchangers that exist in the test only. */
import { toOnionmxError } from '../../src/errors.ts';
import type { Envelope, RecipientOutcome, Session, SessionSource } from '../../src/delivery/session.ts';
import { type EsmtpCapabilities, noCapabilities } from '../../src/protocol/esmtp-capabilities.ts';
import type { ServerCertificate } from '../../src/net/start-tls.ts';
import type { Exchanger, ExchangerSet } from '../../src/protocol/exchanger.ts';
import { createGate } from './gate.ts';

export interface Received {
  readonly envelope: Envelope;
  /** undefined when the message did not come to its end. */
  readonly body: string | undefined;
}

export class FakeSession implements Session {
  readonly exchanger: Exchanger;
  capabilities: EsmtpCapabilities;
  readonly received: Received[] = [];
  certificate: ServerCertificate | undefined;
  /** What `secure` gives, and what is offered from then on. */
  shown: ServerCertificate = { names: [], isTrusted: false, why: 'none was made' };
  offersRequireTls = true;
  isUsable = true;
  /** What becomes of each recipient of a message that came whole. */
  outcomeFor: (path: string, index: number) => RecipientOutcome = (path) =>
    replied(250, `2.0.0 ${path} queued`);
  /** Awaited before the outcomes are given. */
  answered: Promise<void> = Promise.resolve();

  constructor(exchanger: Exchanger, capabilities: Partial<EsmtpCapabilities> = {}) {
    this.exchanger = exchanger;
    this.capabilities = { ...noCapabilities, ...capabilities };
  }

  async transact(envelope: Envelope, body: AsyncIterable<Uint8Array>): Promise<readonly RecipientOutcome[]> {
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      this.received.push({ envelope, body: Buffer.concat(chunks).toString() });
    } catch (thrown) {
      this.isUsable = false;
      this.received.push({ envelope, body: undefined });
      return envelope.recipients.map(() => ({ kind: 'failed', error: toOnionmxError(thrown) }));
    }
    await this.answered;
    return envelope.recipients.map(({ path }, index) => this.outcomeFor(path, index));
  }

  secure(): Promise<ServerCertificate> {
    this.certificate = this.shown;
    this.capabilities = { ...this.capabilities, startTls: false, requireTls: this.offersRequireTls };
    return Promise.resolve(this.shown);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function replied(code: number, ...[first = '', ...more]: string[]): RecipientOutcome {
  return { kind: 'replied', reply: { code, lines: [first, ...more] } };
}

interface FakeSource extends SessionSource {
  learnOffer: SessionSource['learnOffer'];
  readonly released: Session[];
  readonly firstRelease: Promise<void>;
}

/** Hands out what `acquire` gives, and keeps what comes back. */
export function createFakeSource(
  acquire: (exchangers: ExchangerSet) => FakeSession | Promise<FakeSession>,
): FakeSource {
  const released: Session[] = [];
  const first = createGate();
  return {
    released,
    firstRelease: first.opened,
    learnOffer: async (exchangers) => (await acquire(exchangers)).capabilities,
    acquire: async (exchangers) => acquire(exchangers),
    release: (session) => {
      released.push(session);
      first.open();
    },
  };
}
