/** What `onionmx setup` is asked to do. */
import type { Config } from '../../config/schema.ts';
import { type MailServer, mailServers } from '../../mail-host/find-mail-server.ts';
import { type RecordForm, recordForms } from '../../protocol/srv-records.ts';

/** Choices of the command line. */
export { mailServers, recordForms };
export type { MailServer, RecordForm };
export const setupParts = ['sending', 'receiving', 'dns', 'tor'] as const;
export type SetupPart = (typeof setupParts)[number];

export interface SetupCommandOptions {
  /** Empty: all. */
  readonly parts: readonly SetupPart[];
  readonly apply: boolean;
  readonly undo: boolean;
  /** undefined: the one that is configured here. */
  readonly mailServer: MailServer | undefined;
  /** The folder of Postfix's configuration; undefined: its own default. */
  readonly postfix: string | undefined;
  /** undefined: Debian's. */
  readonly torrc: string | undefined;
  /** The test address; undefined: as the settings say. */
  readonly blackhole: string | undefined;
  /** How SRV records are printed. */
  readonly records: RecordForm;
  readonly json: boolean;
  readonly config: Config;
  /** Where the settings of onionmx are, or are to be. */
  readonly configFile: string;
}
