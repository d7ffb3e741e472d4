/** Why nothing more can be heard of an exchanger, and the error that whoever waits for a reply gets for it. */
import { type ErrorCode, OnionmxError } from '../errors.ts';
import type { SmtpStep } from './smtp-timeouts.ts';

export class LinkTrouble {
  readonly #code: ErrorCode;
  readonly #describe: (name: string, step: SmtpStep) => string;
  readonly #cause: unknown;

  private constructor(code: ErrorCode, describe: (name: string, step: SmtpStep) => string, cause?: unknown) {
    this.#code = code;
    this.#describe = describe;
    this.#cause = cause;
  }

  /** The connection is gone. */
  static loss(why: string, cause?: unknown): LinkTrouble {
    return new LinkTrouble(
      'exchanger-lost',
      (name, step) => `the connection to ${name} was lost before its answer to ${step}: ${why}`,
      cause,
    );
  }

  /** A deadline is over. */
  static silence(timeoutMs: number): LinkTrouble {
    return new LinkTrouble(
      'exchanger-timeout',
      (name, step) => `${name} gave no answer to ${step} within ${timeoutMs / 1000} s`,
    );
  }

  /** What it says is no SMTP reply, or none that can stand here. */
  static nonsense(what: string): LinkTrouble {
    return new LinkTrouble(
      'exchanger-protocol',
      (name, step) => `${name} does not keep to SMTP in its answer to ${step}: ${what}`,
    );
  }

  /** `name` is `AAA.onion:25`. */
  toError(name: string, step: SmtpStep, isMessageComplete: boolean): OnionmxError {
    const details = {
      hint: `\`onionmx probe ${name}\` shows how it answers now; the MTA keeps the message and tries again`,
      cause: this.#cause,
    };
    const message = this.#describe(name, step);
    return isMessageComplete
      ? new OnionmxError(
          'exchanger-lost-after-data',
          `${message}; the message may have been delivered`,
          details,
        )
      : new OnionmxError(this.#code, message, details);
  }
}
