/** Tells somebody of each attempt to get a session with an exchanger of a set, and changes nothing. */
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import type { ExchangerSet } from '../protocol/exchanger.ts';
import type { SessionSource } from './session.ts';

export interface SessionObserver {
  noteAnswer(exchangers: ExchangerSet): void;
  noteFailure(exchangers: ExchangerSet, error: OnionmxError): void;
}

export function observeSessions(sessions: SessionSource, observer: SessionObserver): SessionSource {
  async function observe<Result>(exchangers: ExchangerSet, asking: Promise<Result>): Promise<Result> {
    try {
      const result = await asking;
      observer.noteAnswer(exchangers);
      return result;
    } catch (thrown) {
      const error = toOnionmxError(thrown);
      // a place in line that came to nothing says that it is busy, and so that it is there
      if (error.code !== 'exchanger-busy') observer.noteFailure(exchangers, error);
      throw thrown;
    }
  }
  return {
    learnOffer: (exchangers) => observe(exchangers, sessions.learnOffer(exchangers)),
    acquire: (exchangers) => observe(exchangers, sessions.acquire(exchangers)),
    release: (session) => sessions.release(session),
  };
}
