/** Tells somebody of each attempt to get a session with an exchanger of a set, and changes nothing. */
import { type OnionmxError, toOnionmxError } from '../errors.ts';
import type { ExchangerSet } from '../protocol/exchanger.ts';
import type { SessionSource } from './session.ts';

export interface SessionObserver {
  noteAnswer(exchangers: ExchangerSet): void;
  noteFailure(exchangers: ExchangerSet, error: OnionmxError): void;
}

export function observeSessions(sessions: SessionSource, observer: SessionObserver): SessionSource {
  return {
    async acquire(exchangers) {
      try {
        const session = await sessions.acquire(exchangers);
        observer.noteAnswer(exchangers);
        return session;
      } catch (thrown) {
        observer.noteFailure(exchangers, toOnionmxError(thrown));
        throw thrown;
      }
    },
    release: (session) => sessions.release(session),
  };
}
