/** rspamd as Debian configures it, with a folder `local.d` of the test's own; its DNS questions go to the bed's resolver. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTail } from './read-tail.ts';
import { type RunningProcess, startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';

export interface Rspamd extends RunningProcess {
  /** For smtpd_milters. */
  readonly milter: string;
  /** The line about the message with this queue id: what it was told, and what it found. */
  readonly verdictOn: (queueId: string) => Promise<string>;
}

/** Ports are those of Debian; each bed has a namespace of its own. */
export async function startRspamd(folder: string, local: Readonly<Record<string, string>>): Promise<Rspamd> {
  await mkdir(join(folder, 'local.d'), { recursive: true });
  for (const [name, text] of Object.entries(local)) await writeFile(join(folder, 'local.d', name), text);
  const logPath = join(folder, 'rspamd.log');
  const places = {
    CONFDIR: '/etc/rspamd',
    LOCAL_CONFDIR: folder,
    DBDIR: folder,
    LOGDIR: folder,
    RUNDIR: folder,
  };
  const variables = Object.entries(places).map(([name, place]) => `--var=${name}=${place}`);
  const running = await startProcess({
    name: 'rspamd',
    command: 'rspamd',
    args: ['--no-fork', '--insecure', '--config', '/etc/rspamd/rspamd.conf', ...variables],
    outputPath: join(folder, 'rspamd.out'),
  });
  const readLog = () => readFile(logPath, 'utf8').catch(() => '');
  const isReady = async () => {
    running.assertRunning();
    return (await readLog()).includes('rspamd_proxy process');
  };
  const explain = () => readTail(logPath, 40);
  await waitFor('rspamd to start', isReady, 30_000, { explain });
  return {
    ...running,
    milter: 'inet:127.0.0.1:11332',
    verdictOn: (queueId) =>
      waitFor(
        `rspamd's word on ${queueId}`,
        async () => (await readLog()).split('\n').find((line) => line.includes(`qid: <${queueId}>`)),
        30_000,
        { explain },
      ),
  };
}
