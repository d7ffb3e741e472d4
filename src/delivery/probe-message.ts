/** The small message that `onionmx probe --send` sends (RFC 5322), marked so that filters and people can tell it. */

export interface ProbeMessage {
  /** The envelope's sender; `''` is the null sender. */
  readonly sender: string;
  readonly recipient: string;
  /** With its angle brackets. */
  readonly messageId: string;
  readonly date: Date;
}

/** Complete, with CRLF line ends. Addresses are written as they are: they must be checked before. */
export function buildProbeMessage({ sender, recipient, messageId, date }: ProbeMessage): Buffer {
  const lines = [
    // RFC 2606: a From that nobody can answer, where there is no address of this host
    `From: ${sender === '' ? 'postmaster@onionmx.invalid' : sender}`,
    `To: ${recipient}`,
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId}`,
    'Subject: onionmx probe',
    'Auto-Submitted: auto-generated',
    'X-Onionmx-Probe: yes',
    '',
    'This message was sent by "onionmx probe --send", to see whether mail arrives over the onion service.',
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}
