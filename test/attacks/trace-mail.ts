/** Sends mails, each to an address of its own, and sees where each went. */
import assert from 'node:assert/strict';
import { type Postfix, readQueueId } from '../e2e/bed/postfix.ts';
import { readTail } from '../e2e/bed/read-tail.ts';
import { sendMail } from '../e2e/bed/smtp-client.ts';
import type { SmtpSink } from '../e2e/bed/smtp-sink.ts';
import type { SinkMessage } from '../e2e/bed/smtp-sink-script.ts';
import { waitFor } from '../e2e/bed/wait-for.ts';
import { senderPort } from './attack-hosts.ts';

export interface MailTrace {
  /** Sends one mail, and says where it went: `good`, `evil`, `clear net`, or `waits` when it is still in the queue. */
  readonly send: (domain: string) => Promise<string>;
  /**
   * Where the last mail, which waited, went in the end. Postfix goes by the last answer of the lookup for half a minute, so
   * another mail in between makes it quick.
   */
  readonly waitForWaiting: (domain: string) => Promise<string>;
  /** Why the last mail waits, in Postfix's words. */
  readonly whyItWaits: (domain: string) => string;
  /** How the last mail came to where it is. */
  readonly howItCame: (domain: string) => { readonly overOnion: boolean; readonly insideTls: boolean };
}

/** A place where mail can end, and its name. */
export type Place = readonly [name: string, sink: SmtpSink];

interface Sent {
  readonly recipient: string;
  readonly queueId: string;
  readonly logLine: string;
}

export function createMailTrace(sender: Postfix, places: readonly Place[]): MailTrace {
  const last = new Map<string, Sent>();
  let count = 0;

  /** A mail that is in two places is a failure of its own. */
  function find(recipient: string): string | undefined {
    const found = places.filter(([, { messages }]) => messages.some(isFor(recipient)));
    assert.ok(found.length <= 1, `${recipient} is in ${found.map(([name]) => name).join(' and ')}`);
    return found[0]?.[0];
  }

  function findLast(domain: string): Sent {
    const sent = last.get(domain);
    assert.ok(sent !== undefined, `no mail was sent to ${domain}`);
    return sent;
  }

  return {
    send: async (domain) => {
      count += 1;
      // each address is new to Postfix, which keeps answers for a while
      const recipient = `bob+${count}@${domain}`;
      const reply = await sendMail(senderPort, {
        sender: 'alice@sender.test',
        recipients: [recipient],
        message: 'Subject: to a domain that is attacked\r\n\r\nHello.\r\n',
      });
      const queueId = readQueueId(reply);
      const logLine = await sender.waitForLog(new RegExp(`${queueId}: to=.*status=`), 120_000);
      last.set(domain, { recipient, queueId, logLine });
      const place = find(recipient);
      assert.equal(place !== undefined, logLine.includes('status=sent'), logLine);
      return place ?? 'waits';
    },
    waitForWaiting: async (domain) => {
      const { recipient, queueId } = findLast(domain);
      const arrive = async () => {
        await sender.flush();
        return find(recipient);
      };
      const explain = () => `${queueId}\n${readTail(sender.logPath, 40)}`;
      return waitFor(`the mail to ${recipient} to arrive`, arrive, 60_000, { intervalMs: 1000, explain });
    },
    howItCame: (domain) => {
      const { recipient, logLine } = findLast(domain);
      const [message] = places.flatMap(([, { messages }]) => messages.filter(isFor(recipient)));
      return { overOnion: logLine.includes('postfix/onion/lmtp'), insideTls: message?.isSecured === true };
    },
    whyItWaits: (domain) => /status=deferred \((.*)\)/.exec(findLast(domain).logLine)?.[1] ?? '',
  };
}

function isFor(recipient: string): (message: SinkMessage) => boolean {
  return ({ recipients }) => recipients.some(({ address }) => address === recipient);
}
