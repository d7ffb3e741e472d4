/** The whole bed: alice's and bob's Postfix, name servers, onionmx, a private Tor network. Needs root and a namespace. */
import { join } from 'node:path';
import type { Postfix } from '../../test/e2e/bed/postfix.ts';
import type { OutgoingMail } from '../../test/e2e/bed/smtp-client.ts';
import { waitFor } from '../../test/e2e/bed/wait-for.ts';
import { type MailBed, startMailBed } from '../../test/e2e/mail-bed.ts';
import { type Delivery, type DemoBed, onionmxLogOf, type ShowStep, transactionTiming } from './demo-bed.ts';
import { linesOf } from './show.ts';

/** The bed's names of its steps, in words for somebody who has not read it. */
const stepNames: Readonly<Record<string, string>> = {
  'Postfix a': 'Postfix of sender.test',
  'Postfix b': 'Postfix of example.test',
  'private Tor network': 'private Tor network: 3 directory authorities, 3 relays',
  'name servers': 'name servers: nsd with the zones, unbound as resolver',
  onionmx: 'onionmx serve, with a tor of its own',
  'onion services reachable': 'the onion services answer through Tor',
};

const tries = 3;
const deliveryTimeoutMs = 90_000;

export async function startPostfixBed(showStep: ShowStep): Promise<DemoBed> {
  const mailBed = await startMailBed({
    progress: (step, elapsedMs) => showStep(stepNames[step] ?? step, elapsedMs),
  });
  const { bed, onionmx, mapSocket } = mailBed;
  return {
    folder: bed.folder,
    onionmx,
    mapSocket,
    deliver: (mail) => deliver(mailBed, mail),
    ...playThings(mailBed),
    onStop: bed.onStop,
    stop: mailBed.stop,
  };
}

async function deliver({ sender, receiver, onionmx }: MailBed, mail: OutgoingMail): Promise<Delivery> {
  const lines = await waitUntilSent(sender, await sender.inject(mail));
  const [received] = await receiver.waitForReceived(1, 20_000);
  return {
    story: {
      title: "What the sender's Postfix says",
      explanation: "Its log line: relay= names the onion, the words after sent are the far host's.",
      lines,
    },
    received: { place: `${receiver.maildir}/new`, text: received?.file.toString() ?? '' },
    timings: [...postfixTimings(lines.at(-1) ?? ''), await transactionTiming(onionmx)],
  };
}

/** Postfix's lines about the message, the last of them with status=sent. */
async function waitUntilSent(sender: Postfix, queueId: string): Promise<string[]> {
  const linesSoFar = async () => (await sender.logLines()).filter((line) => line.includes(`${queueId}: to=`));
  for (let count = 1; count <= tries; count += 1) {
    const lines = await waitFor(
      'the message in the log of Postfix',
      async () => {
        const found = await linesSoFar();
        return found.length >= count && found;
      },
      deliveryTimeoutMs,
    );
    if (!lines.at(-1)?.includes('status=deferred')) break;
    await sender.flush(); // a young onion service may fail once; Postfix would wait for minutes
  }
  const lines = await linesSoFar();
  if (lines.at(-1)?.includes('status=sent')) return lines;
  throw new Error(`the message was not delivered:\n${lines.join('\n')}`);
}

/** `delays=a/b/c/d`: before the queue manager, in it, connection, transmission (postconf(5), delay_logging_resolution_limit). */
function postfixTimings(line: string) {
  const [, all, before, queued, connection] =
    /delay=([\d.]+), delays=([\d.]+)\/([\d.]+)\/([\d.]+)\/[\d.]+/.exec(line) ?? [];
  const source = "Postfix's log";
  const inQueue = Number(before) + Number(queued);
  return [
    { what: 'everything, from the arrival at Postfix', ms: Number(all) * 1000, source },
    { what: 'in Postfix, before onionmx', ms: inQueue * 1000, source },
    { what: 'connection: circuit through Tor, banner, EHLO', ms: Number(connection) * 1000, source },
  ];
}

function playThings({ sender, receiver, onionmx }: MailBed) {
  return {
    tools: [
      { name: 'send', script: sendScript(sender) },
      { name: 'queue', script: `exec postqueue -c ${sender.configDirectory} -p` },
      { name: 'inbox', script: `cat "$(ls -d ${join(receiver.maildir, 'new')}/* | tail -n 1)"` },
    ],
    variables: {
      SENDER_LOG: sender.logPath,
      RECEIVER_LOG: receiver.logPath,
      ONIONMX_LOG: onionmxLogOf(onionmx),
    },
    suggestions: [
      ['send bob@example.test', 'another message over the onion'],
      ['send dave@clear.test', 'a domain without an onion: the clear net'],
      ['send eve@broken.test', 'a domain that DNS fails for: the mail waits'],
      ['queue', "what waits in the sender's queue, and why"],
      ['inbox', 'the newest message that arrived for example.test'],
      ['onionmx lookup bob@signed.test', 'where this mail would go, and why'],
      ['onionmx probe signed.test', 'does its exchanger answer, and how fast'],
      ['tail -f $SENDER_LOG', 'the log of the Postfix of sender.test; also $RECEIVER_LOG'],
      ['tail -f $ONIONMX_LOG', 'the log of onionmx'],
    ],
  } as const;
}

function sendScript({ configDirectory }: Postfix): string {
  return linesOf(`
recipient=\${1:?usage: send RECIPIENT [TEXT]}
shift
{
  printf 'From: alice@sender.test\\nTo: %s\\nSubject: from the demo\\n\\n' "$recipient"
  printf '%s\\n' "\${*:-hello}"
} | sendmail -C ${configDirectory} -i -f alice@sender.test "$recipient" && echo 'Postfix has it: tail $SENDER_LOG'
`).join('\n');
}
