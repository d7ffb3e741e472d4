/** Debian's Exim of this host as it is configured (update-exim4.conf(8)). Changes nothing. */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { OnionmxError, messageOf } from '../errors.ts';
import { eximHasProxy } from './exim-receiving.ts';
import { runProgram } from './run-program.ts';

export interface EximHost {
  readonly version: string;
  /** Whether it can read the line that Tor begins with. */
  readonly hasProxy: boolean;
  /** Whether the configuration is made of the many files in conf.d. */
  readonly isSplit: boolean;
  /** What debconf asked for, as a shell script. */
  readonly answers: string;
  /** Names that mail is taken for; `@` is resolved. */
  readonly ownDomains: readonly string[];
  /** Lists that name files or databases, which are not read. */
  readonly unlisted: readonly string[];
  /** undefined: it does not run. */
  readonly pidFile: string | undefined;
}

export const eximAnswersFile = '/etc/exim4/update-exim4.conf.conf';

/** Throws `exim-unreadable`. */
export async function readExim(): Promise<EximHost> {
  try {
    const answers = await readFile(eximAnswersFile, 'utf8');
    const names = await listOwnNames();
    const build = await runProgram('exim4', ['-bV']);
    return {
      version: /^Exim version (\S+)/m.exec(build)?.[1] ?? 'unknown',
      hasProxy: eximHasProxy(build),
      isSplit: readAnswer(answers, 'dc_use_split_config') === 'true',
      answers,
      ownDomains: names.filter(isName),
      unlisted: names.filter((name) => !isName(name)),
      pidFile: await findRunning(await askExim('pid_file_path')),
    };
  } catch (cause) {
    const why = messageOf(cause).trim();
    throw new OnionmxError('exim-unreadable', `cannot ask Exim for its configuration: ${why}`, {
      hint: `run this as root; see \`exim4 -bV\` and ${eximAnswersFile}`,
      cause,
    });
  }
}

/** Its answer to one question of debconf; undefined when it was never asked. */
export function readAnswer(answers: string, name: string): string | undefined {
  return new RegExp(`^${name}='([^']*)'`, 'm').exec(answers)?.[1];
}

export function setAnswer(answers: string, name: string, value: string): string {
  return answers.replace(new RegExp(`^${name}='[^']*'`, 'm'), () => `${name}='${value}'`);
}

async function listOwnNames(): Promise<readonly string[]> {
  const hostname = await askExim('primary_hostname');
  const lists = [await askExim('+local_domains'), await askExim('+relay_to_domains')];
  const names = lists.flatMap(splitList).map((name) => (name === '@' ? hostname : name).toLowerCase());
  return [...new Set(names)];
}

/** `domainlist local_domains = @:localhost` and `primary_hostname = mx` alike: what stands behind the equals sign. */
async function askExim(question: string): Promise<string> {
  const text = await runProgram('exim4', ['-bP', question]);
  return text.slice(text.indexOf('=') + 1).trim();
}

/** Exim's lists: colons, or another separator that the list begins with (`<; a ; b`). */
function splitList(list: string): readonly string[] {
  const [, separator = ':', rest = list] = /^<(\S)\s*(.*)$/s.exec(list) ?? [];
  return rest
    .split(separator)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function isName(text: string): boolean {
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(text);
}

async function findRunning(pidFile: string): Promise<string | undefined> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid < 2) return undefined;
  try {
    process.kill(pid, 0);
    return pidFile;
  } catch {
    return undefined;
  }
}
