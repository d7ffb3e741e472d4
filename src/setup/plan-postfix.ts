/** What setup changes in the configuration of Postfix. */
import { join } from 'node:path';
import { OnionmxError } from '../errors.ts';
import { blackholeLines } from '../mail-host/blackhole.ts';
import type { OwnDomains } from '../mail-host/own-domains.ts';
import type { PostfixHost } from '../mail-host/read-postfix.ts';
import type { PlainAddress } from '../protocol/mail-address.ts';
import type { Deed, FileChange, Plan } from './plan.ts';
import {
  editReceivingMainCf,
  editReceivingMasterCf,
  receivingMainCfReasons,
  receivingMasterCfReasons,
} from './plan-postfix-receiving.ts';
import {
  editSendingMainCf,
  editSendingMasterCf,
  namesTablePath,
  planNamesTable,
  ownTablePath,
  planOwnTable,
  type PostfixSending,
  sendingMainCfReasons,
  sendingMasterCfReasons,
} from './plan-postfix-sending.ts';
import { editTestMainCf, planTestTables, testMainCfReasons, testTablePaths } from './plan-test-address.ts';

interface PostfixReceiving {
  /** Marks mail that came over the onion. */
  readonly header: string;
  /** undefined: there is to be none. */
  readonly testAddress: PlainAddress | undefined;
}

export interface PostfixWishes {
  /** undefined: sending is left as it is. */
  readonly sending: PostfixSending | undefined;
  /** undefined: receiving is left as it is. */
  readonly receiving: PostfixReceiving | undefined;
  readonly ownDomains: OwnDomains;
  /** The content of a file of tablePaths now; undefined: there is none. */
  readonly contentOf: (path: string) => string | undefined;
  /** A Postfix that does not run is not told to reload. */
  readonly isRunning: boolean;
}

/** The tables that a plan can write, so that their content can be read before. */
export function tablePaths(host: PostfixHost): readonly string[] {
  return [ownTablePath(host), namesTablePath(host), ...Object.values(testTablePaths(host.folder))];
}

/** Throws `setup-impossible`. */
export function planPostfix(host: PostfixHost, wishes: PostfixWishes): Plan {
  refuseOldVersion(host);
  const { isRunning, ownDomains } = wishes;
  const changes = [...planTables(host, wishes), planMainCf(host, wishes), planMasterCf(host, wishes)].filter(
    ({ before, after }) => before !== after,
  );
  const unlisted = wishes.sending === undefined ? [] : ownDomains.unlisted.map(describeUnlisted);
  if (changes.length === 0) return { changes, checks: [], reloads: [], notes: unlisted };
  return {
    changes,
    checks: [postfixDeed(host, 'check')],
    reloads: isRunning ? [postfixDeed(host, 'reload')] : [],
    notes: [...unlisted, ...(isRunning ? [] : ['Postfix does not run: start it.'])],
  };
}

/** Before main.cf names them: an smtpd that meets a missing table answers 451. */
function planTables(
  host: PostfixHost,
  { sending, receiving, ownDomains, contentOf }: PostfixWishes,
): readonly FileChange[] {
  const testAddress = receiving?.testAddress;
  const testLines = testAddress === undefined ? [] : [blackholeLines(testAddress).transport];
  const own = planOwnTable(host, ownDomains, testLines, contentOf);
  return [
    ...(sending === undefined ? [] : planNamesTable(host, sending, contentOf)),
    ...(sending === undefined && testAddress === undefined ? [] : [own]),
    ...(testAddress === undefined ? [] : planTestTables(host.folder, testAddress, contentOf)),
  ];
}

function planMainCf(host: PostfixHost, { sending, receiving }: PostfixWishes): FileChange {
  const hasTest = receiving?.testAddress !== undefined;
  const edits = [
    ...(sending === undefined ? [] : [(text: string) => editSendingMainCf(text, host, sending)]),
    ...(receiving === undefined ? [] : [(text: string) => editReceivingMainCf(text, receiving.header)]),
    ...(hasTest ? [(text: string) => editTestMainCf(text, host.folder)] : []),
  ];
  return {
    path: join(host.folder, 'main.cf'),
    before: host.mainCf,
    after: edits.reduce((text, edit) => edit(text), host.mainCf),
    reasons: [
      ...(sending === undefined ? [] : sendingMainCfReasons),
      ...(receiving === undefined ? [] : receivingMainCfReasons(receiving.header)),
      ...(hasTest ? testMainCfReasons : []),
    ],
  };
}

function planMasterCf(host: PostfixHost, { sending, receiving }: PostfixWishes): FileChange {
  const { masterCf, mainCf } = host;
  const listening =
    receiving === undefined ? masterCf : editReceivingMasterCf(masterCf, mainCf, receiving.header);
  return {
    path: join(host.folder, 'master.cf'),
    before: masterCf,
    after: sending === undefined ? listening : editSendingMasterCf(listening, sending),
    reasons: [
      ...(sending === undefined ? [] : sendingMasterCfReasons(sending.transport)),
      ...(receiving === undefined ? [] : receivingMasterCfReasons),
    ],
  };
}

/** The listener's options and tables within main.cf are known since then. */
function refuseOldVersion({ version }: PostfixHost): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 3 || (major === 3 && minor >= 7)) return;
  throw new OnionmxError('setup-impossible', `Postfix ${version} is too old: 3.7 or newer is needed`, {
    hint: 'take a newer one, as Debian 12 and later have it: apt full-upgrade',
  });
}

function describeUnlisted(table: string): string {
  return `Domains in ${table} cannot be listed: onionmx is asked for them, so their mail waits while it does not run. Name them in \`domains.own\`, and run this again.`;
}

function postfixDeed({ folder, isDefaultFolder }: PostfixHost, verb: 'check' | 'reload'): Deed {
  return { command: 'postfix', args: [...(isDefaultFolder ? [] : ['-c', folder]), verb] };
}
