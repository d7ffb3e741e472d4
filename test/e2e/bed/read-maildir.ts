/** Reads what Postfix's virtual(8) delivered into a Maildir, with the bytes as they lie in the file. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ReceivedMail {
  /** The file as it is, LF line ends. */
  readonly file: Buffer;
  /** Without what the receiving Postfix put before it: Return-Path, X-Original-To, Delivered-To and its Received. */
  readonly message: Buffer;
  /** The envelope: sender ('' for the null sender) and recipient, from those headers. */
  readonly sender: string;
  readonly recipient: string;
  /** The Received header of the receiving Postfix. */
  readonly receivedHeader: string;
}

/** One entry a recipient, in order of arrival. */
export async function readMaildir(maildir: string): Promise<ReceivedMail[]> {
  const folder = join(maildir, 'new');
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(
    names.toSorted((a, b) => a.localeCompare(b)).map((name) => readFile(join(folder, name))),
  );
  return files.map(readMail);
}

/** The headers, with the mark of onion mail, end where a line begins that continues none of them. */
function readMail(file: Buffer): ReceivedMail {
  const text = file.subarray(0, 64 * 1024).toString('latin1');
  const head =
    /^Return-Path: <(.*)>\nX-Original-To: (.*)\n(?:Delivered-To: .*\n)?(?:X-Onionmx-Received: .*\n)?(Received: .*\n(?:[ \t].*\n)*)/.exec(
      text,
    );
  if (head === null) throw new Error(`not as virtual(8) writes it:\n${text.slice(0, 500)}`);
  const [prepended, sender = '', recipient = '', receivedHeader = ''] = head;
  return { file, message: file.subarray(prepended.length), sender, recipient, receivedHeader };
}
