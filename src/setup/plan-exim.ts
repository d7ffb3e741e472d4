/** What setup changes in Debian's configuration of Exim: files of our own, and the lines that take them in. */
import { OnionmxError } from '../errors.ts';
import { addEximInterface } from '../mail-host/exim-interfaces.ts';
import {
  addEximHook,
  type EximFile,
  eximFolder,
  type EximHook,
  eximHooks,
  eximReceivingFiles,
  eximSendingFiles,
  eximTestRouterPath,
} from '../mail-host/exim-recipe.ts';
import type { EximSendingPlaces } from '../mail-host/exim-sending.ts';
import { eximNoTestRouter } from '../mail-host/exim-test-address.ts';
import { eximAnswersFile, type EximHost, readAnswer, setAnswer } from '../mail-host/read-exim.ts';
import type { PlainAddress } from '../protocol/mail-address.ts';
import type { Deed, FileChange, Plan } from './plan.ts';
import { reloadExim } from './reload-exim.ts';

export interface EximWishes {
  /** undefined: sending is left as it is. */
  readonly sending: EximSendingPlaces | undefined;
  /** undefined: receiving is left as it is. */
  readonly receiving: EximReceivingWishes | undefined;
  /** The content of a file now; undefined: there is none. */
  readonly contentOf: (path: string) => string | undefined;
}

interface EximReceivingWishes {
  readonly header: string;
  /** undefined: there is none, or none any more. */
  readonly testAddress: PlainAddress | undefined;
}

const onionPort = 2515;
const onionInterface = `127.0.0.1.${onionPort}`;

/** Every file that a plan can change, so that their content can be read before. */
export function eximPaths(): readonly string[] {
  const parts = ['router', 'transport', 'main', 'acl-mail', 'acl-rcpt', 'acl-test', 'test-router'];
  return [
    ...parts.map((part) => `${eximFolder}/${part}`),
    ...eximHooks.flatMap(({ splitPath, unsplitPath }) => [splitPath, unsplitPath]),
  ];
}

/** Throws `setup-impossible`. */
export function planExim(host: EximHost, wishes: EximWishes): Plan {
  const { sending, receiving } = wishes;
  if (receiving !== undefined) refuseWithoutProxy(host);
  const files = [
    ...(sending === undefined ? [] : eximSendingFiles(sending)),
    ...(receiving === undefined ? [] : receivingFiles(receiving, wishes)),
  ];
  const changes = [
    ...files.map((file) => planFile(file, wishes)),
    ...planHooks(host, files, wishes),
    ...(receiving === undefined ? [] : [planInterfaces(host)]),
  ].filter(({ before, after }) => before !== after);
  const notes = host.unlisted.map(
    (list) => `Domains in ${list} are not listed: name them in \`domains.own\`.`,
  );
  if (changes.length === 0) return { changes, checks: [], reloads: [], notes };
  return { changes, checks: [check], reloads: reloadsFor(host), notes };
}

function receivingFiles(receiving: EximReceivingWishes, { contentOf }: EximWishes): readonly EximFile[] {
  const files = eximReceivingFiles({ ...receiving, port: onionPort });
  const hasOld = receiving.testAddress === undefined && contentOf(eximTestRouterPath) !== undefined;
  // else mail for it would be taken over the clear net too, and be lost
  return hasOld ? [...files, { path: eximTestRouterPath, text: eximNoTestRouter }] : files;
}

const check: Deed = { command: 'update-exim4.conf', args: ['--check'] };

function reloadsFor({ pidFile }: EximHost): readonly Deed[] {
  const rebuild = { command: 'update-exim4.conf', args: [] };
  return pidFile === undefined ? [rebuild] : [rebuild, reloadExim(pidFile)];
}

function planFile({ path, text }: EximFile, { contentOf }: EximWishes): FileChange {
  const part = path.slice(eximFolder.length + 1);
  return { path, before: contentOf(path), after: text, reasons: [reasonOf[part] ?? ''] };
}

const reasonOf: Readonly<Record<string, string>> = {
  router:
    'The routers: your own domains are left to Debian’s; for all others Exim asks onionmx, and no answer never means the clear net.',
  transport: 'The transport: hands mail by LMTP to the socket of an exchanger set.',
  main: 'The listener for onion mail reads from Tor that its clients are strangers, offers no logins, and asks DNS for nothing under .onion.',
  'acl-mail': 'At MAIL: takes a forged mark from all mail, and holds each circuit to its limit.',
  'acl-rcpt': 'At RCPT: relays for nobody over the onion, whatever relay_from_hosts says.',
  'acl-test': 'At RCPT over the clear net: refuses the test address.',
  'test-router': 'The router of the test address: what is accepted for it is thrown away.',
};

/** One edit for each file: in the unsplit layout the template takes two lines. */
function planHooks(
  host: EximHost,
  files: readonly EximFile[],
  { contentOf }: EximWishes,
): readonly FileChange[] {
  const wanted = eximHooks.filter(({ part }) => files.some(({ path }) => path === `${eximFolder}/${part}`));
  const placeOf = ({ splitPath, unsplitPath }: EximHook) => (host.isSplit ? splitPath : unsplitPath);
  const paths = [...new Set(wanted.map(placeOf))];
  return paths.map((path) => {
    const before = contentOf(path);
    const hooks = wanted.filter((hook) => placeOf(hook) === path);
    const after = hooks.reduce((text, hook) => addLine(text, hook, host.isSplit), before ?? '');
    return { path, before, after, reasons: ['Takes in the files above.'] };
  });
}

/** Throws `setup-impossible` when the operator's template has no place for it. */
function addLine(text: string, hook: EximHook, isSplit: boolean): string {
  const { after: _, ...atTheEnd } = hook;
  const added = addEximHook(text, isSplit ? atTheEnd : hook);
  if (added.split('\n').includes(hook.line)) return added;
  throw new OnionmxError(
    'setup-impossible',
    `${hook.unsplitPath} has no line ${JSON.stringify(hook.after)}, below which ours belongs`,
    { hint: `put \`${hook.line}\` there by hand, where that section begins, and run this again` },
  );
}

/** Without it, Tor's first line would be a wrong command, and all replies one step late. */
function refuseWithoutProxy({ hasProxy }: EximHost): void {
  if (hasProxy) return;
  throw new OnionmxError('setup-impossible', 'this Exim does not know the PROXY protocol', {
    hint: '`apt install exim4-daemon-heavy`, or set up sending alone: `onionmx setup sending`',
  });
}

function planInterfaces({ answers }: EximHost): FileChange {
  const name = 'dc_local_interfaces';
  const list = addEximInterface(readAnswer(answers, name) ?? '', onionInterface);
  return {
    path: eximAnswersFile,
    before: answers,
    after: setAnswer(answers, name, list),
    reasons: [`${name}: Exim listens on ${onionInterface} too, where Tor leads to.`],
  };
}
