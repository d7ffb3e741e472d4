/** The one message of the demo. */
import type { OutgoingMail } from '../../test/e2e/bed/smtp-client.ts';

export const sender = 'alice@sender.test';
export const recipient = 'bob@example.test';

export function composeMail(now: Date): OutgoingMail {
  const message = [
    `From: Alice <${sender}>`,
    `To: Bob <${recipient}>`,
    'Subject: hello over an onion',
    `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${now.getTime()}@sender.test>`,
    '',
    'Hello Bob,',
    'who watches the network cannot see that our two mail hosts talk to each other.',
    'Alice',
    '',
  ];
  return { sender, recipients: [recipient], message: message.join('\r\n') };
}
