/** A Postfix with the onion listener behind a real onion service, with a milter and a policy service that record whom they were told of. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defaultOnionHeader,
  onionHeaderGuard,
  onionListenerOptions,
  onionListenerService,
} from '../../src/mail-host/onion-listener.ts';
import { type Milter, startMilter } from './bed/milter.ts';
import { type PolicyService, startPolicyService } from './bed/policy-service.ts';
import type { Postfix } from './bed/postfix.ts';
import { dialOnion, type SmtpDialogue } from './bed/smtp-dialogue.ts';
import { type SmtpSink, startSmtpSink } from './bed/smtp-sink.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { waitFor } from './bed/wait-for.ts';

/** `onion`: the recipe. `few`: three messages a circuit. `narrow`: two processes, two seconds. */
export const listenerPorts = { onion: 2515, few: 2516, narrow: 2517, clear: 2502, sink: 2504 } as const;
export const maxMessageBytes = 100_000;
const users = ['alice', 'bob', 'carol', 'postmaster', 'jürgen'];
const guard = onionHeaderGuard(defaultOnionHeader, { headerChecks: '' });

export interface ListenerBed {
  readonly postfix: Postfix;
  readonly milter: Milter;
  readonly policy: PolicyService;
  /** Where mail for other domains would go. */
  readonly sink: SmtpSink;
  /** Through Tor, on the circuit of that key; the banner has not been read. Port 26 of the onion leads to `few`. */
  readonly dialBare: (isolationKey: string, port?: number) => Promise<SmtpDialogue>;
  /** Greeted: the banner and the reply to EHLO have been read. */
  readonly dial: (isolationKey: string, port?: number) => Promise<SmtpDialogue>;
  /** The files in the mailbox that hold this text, when there are so many. */
  readonly mailsWith: (text: string, count: number) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

export function messageAbout(subject: string): string {
  return `From: a@peer.test\r\nSubject: ${subject}\r\n\r\nhello`;
}

export async function startListenerBed(): Promise<ListenerBed> {
  const [milter, policy] = [await startMilter(), await startPolicyService()];
  const sink = await startSmtpSink({ port: listenerPorts.sink });
  const bed = await startBedWith(milter, policy);
  for (const { stop } of [milter, policy, sink]) bed.onStop('what it talks to', stop);
  const postfix = bed.postfix('r');
  const host = bed.onionHost('mail').onionAddress;
  const { socksPath } = bed.clientTor();
  const dialBare = (isolationKey: string, port = 25) => dialOnion(socksPath, { host, port, isolationKey });
  return {
    postfix,
    milter,
    policy,
    sink,
    dialBare,
    dial: async (isolationKey, port) => {
      const dialogue = await dialBare(isolationKey, port);
      assert.match(await dialogue.hear(), /^220 /);
      assert.match(await dialogue.say('EHLO peer.test'), /^250-/);
      return dialogue;
    },
    mailsWith: (text, count) => waitForMails(postfix, text, count),
    stop: bed.stop,
  };
}

/** As master.cf has it, but not chrooted: the bed has no chroot. */
function listener(port: number, settings: readonly string[]): string {
  const options = [...onionListenerOptions({ header: defaultOnionHeader }), ...settings];
  const service = onionListenerService.replace(`:${listenerPorts.onion}`, `:${port}`).replace(' y ', ' n ');
  return `${service} ${options.map((option) => `-o ${option}`).join(' ')}`;
}

function startBedWith(milter: Milter, policy: PolicyService): Promise<Bed> {
  const policyCheck = `{ smtpd_recipient_restrictions = check_policy_service ${policy.address} }`;
  return startBed({
    clientTor: true,
    onionHosts: [
      {
        name: 'mail',
        ports: [
          { onionPort: 25, target: `127.0.0.1:${listenerPorts.onion}` },
          { onionPort: 26, target: `127.0.0.1:${listenerPorts.few}` },
        ],
        extraLines: ['HiddenServiceExportCircuitID haproxy'],
      },
    ],
    postfix: [
      {
        name: 'r',
        hostname: 'mx.example.test',
        ownDomains: ['example.test'],
        listenPorts: [listenerPorts.clear],
        clearNetNexthop: `[127.0.0.1]:${listenerPorts.sink}`,
        mainCf: [
          `virtual_mailbox_maps = inline:{${users.map((user) => `${user}@example.test=all/`).join(', ')}}`,
          `message_size_limit = ${maxMessageBytes}`,
          'smtputf8_enable = yes',
          `smtpd_milters = ${milter.address}`,
          ...guard.mainCf.map(([name, value]) => `${name} = ${value}`),
        ],
        masterCf: [
          listener(listenerPorts.onion, [policyCheck]),
          listener(listenerPorts.few, ['smtpd_client_message_rate_limit=3']),
          listener(listenerPorts.narrow, ['smtpd_timeout=2s']).replace(' 50 smtpd', ' 2 smtpd'),
          `${guard.service.replace(' y ', ' n ')} ${guard.options.map((option) => `-o ${option}`).join(' ')}`,
        ],
      },
    ],
  });
}

function waitForMails({ maildir, logLines }: Postfix, text: string, count: number): Promise<string[]> {
  const folder = join(maildir, 'new');
  const find = async () => {
    const names = await readdir(folder).catch(() => []);
    const mails = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const found = mails.filter((mail) => mail.includes(text));
    return found.length >= count && found;
  };
  const explain = async () => (await logLines()).slice(-20).join('\n');
  return waitFor(`${count} mails with ${text}`, find, 30_000, { explain });
}
