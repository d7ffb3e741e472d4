/**
 * Watches exchanger sets that do not answer, for domains whose mail may then take the clear net. It hears of each attempt of a
 * delivery, and makes checks of its own through Tor; nobody waits for these.
 */
import type { OnionmxError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { DomainName } from '../../protocol/domain-name.ts';
import { type ExchangerSet, endpointNameOf, formatExchanger } from '../../protocol/exchanger.ts';
import { createOutageBook, type Outage } from './outage-book.ts';

/** How the set and Tor are tried, and the time. */
export interface OutageWatchOptions {
  /** Whether our own Tor reaches the Tor network now. Must not throw. */
  readonly isTorWell: () => Promise<boolean>;
  /** Resolves with the failure when none of the set takes a session now. Must not throw. */
  readonly tryExchangers: (exchangers: ExchangerSet) => Promise<OnionmxError | undefined>;
  readonly now: () => number;
  readonly log: Log;
}

export interface OutageWatch {
  /** A delivery has a session with one of the set. */
  noteAnswer(exchangers: ExchangerSet): void;
  /** No exchanger of the set took the session of a delivery. */
  noteFailure(exchangers: ExchangerSet, error: OnionmxError): void;
  /** For a lookup: what is asked for is watched on. */
  askFor(exchangers: ExchangerSet): Outage | undefined;
  /** Mail for the domain takes the clear net now; the log says so once. */
  tellOfClearNet(domain: DomainName, outage: Outage): void;
  /** Tries the set, and Tor when nobody answers, and draws the conclusion. One check of a set at a time. */
  check(exchangers: ExchangerSet): Promise<void>;
  /** The sets that have to be tried again and again, so that the outage ends when one answers. */
  listConfirmed(): readonly ExchangerSet[];
}

/** A burst of mail must not make a burst of questions to the Tor network. */
const believeTorMs = 60_000;

/** A provider may have more domains behind one onion than anybody wants to read about. */
const maxTold = 1000;

export function createOutageWatch(options: OutageWatchOptions): OutageWatch {
  const { tryExchangers, now, log } = options;
  const book = createOutageBook();
  const checks = new Map<string, Promise<void>>();
  const isTorWell = shareRunning(options.isTorWell);
  let wellUntilMs = Number.NEGATIVE_INFINITY;

  function noteAnswer(exchangers: ExchangerSet): void {
    const ended = book.noteAnswer(exchangers);
    if (ended === undefined || ended.state === 'counting') return;
    log.info(factsOf(ended), 'the onion answers again: mail goes over it again');
  }

  function noteFailure(exchangers: ExchangerSet, error: OnionmxError): void {
    if (error.place !== 'remote') return torFails();
    book.noteFailure(exchangers, error.message, now());
    // an exchanger that speaks is seen through a Tor that works; all else may be our Tor, whatever Tor says
    if (error.code.startsWith('exchanger-')) return;
    if (now() < wellUntilMs) return;
    void suspendUnlessTorIsWell();
  }

  async function suspendUnlessTorIsWell(): Promise<void> {
    if (await isTorWell()) wellUntilMs = now() + believeTorMs;
    else torFails();
  }

  /** Stops an attack: who blocks Tor here must not move mail to the clear net. */
  function torFails(): void {
    for (const outage of book.suspendAll()) {
      log.info(factsOf(outage), 'our own Tor does not work: the mail waits for the onion again');
      outage.told.clear();
    }
  }

  async function checkOnce(exchangers: ExchangerSet): Promise<void> {
    const begun = book.find(exchangers, now());
    const error = await tryExchangers(exchangers);
    if (error === undefined) return noteAnswer(exchangers);
    // asked after the exchangers: it must have worked while they were silent
    if (error.place !== 'remote' || !(await isTorWell())) return torFails();
    // a delivery may have had an answer meanwhile
    if (begun === undefined || book.find(exchangers, now()) !== begun) return;
    book.noteFailure(exchangers, error.message, now()).state = 'confirmed';
  }

  return {
    noteAnswer,
    noteFailure,
    askFor(exchangers) {
      const outage = book.find(exchangers, now());
      if (outage !== undefined) outage.lastAskedMs = now();
      return outage;
    },
    tellOfClearNet(domain, outage) {
      if (outage.told.has(domain) || outage.told.size >= maxTold) return;
      outage.told.add(domain);
      log.warn(
        { domain, ...factsOf(outage) },
        'the onion does not answer: mail takes the clear net, as the setting outage says',
      );
    },
    check(exchangers) {
      const name = endpointNameOf(exchangers);
      const running = checks.get(name);
      if (running !== undefined) return running;
      const started = checkOnce(exchangers).finally(() => checks.delete(name));
      checks.set(name, started);
      return started;
    },
    listConfirmed: () => book.listConfirmed(now()).map(({ exchangers }) => exchangers),
  };

  function factsOf({ exchangers, sinceMs, error, told }: Outage) {
    return {
      exchangers: exchangers.map(formatExchanger),
      minutes: Math.floor((now() - sinceMs) / 60_000),
      error,
      ...(told.size === 0 ? {} : { domains: [...told] }),
    };
  }
}

/** Who asks while an answer is on its way gets that one. */
function shareRunning<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let running: Promise<Answer> | undefined;
  return () => {
    running ??= ask().finally(() => {
      running = undefined;
    });
    return running;
  };
}
