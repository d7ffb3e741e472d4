/** rspamd as Debian configures it, with a folder `local.d` of the test's own; its DNS questions go to the bed's resolver. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTail } from './read-tail.ts';
import { type RunningProcess, startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';

export interface Rspamd extends RunningProcess {
  /** For smtpd_milters. */
  readonly milter: string;
  readonly logTail: () => string;
  /** The line about the message with this queue id: what it was told, and what it found. */
  readonly verdictOn: (queueId: string) => Promise<string>;
}

/** On a busy machine the usual 8 seconds for a message can be over before the first DNS answer. */
const patience = {
  'worker-normal.inc': 'task_timeout = 60s;\n',
  'worker-proxy.inc': 'timeout = 120s;\ntask_timeout = 60s;\n',
};

/** The worker that the proxy hands messages to. */
async function answersPing(): Promise<boolean> {
  const reply = await fetch('http://127.0.0.1:11333/ping').catch(() => undefined);
  return reply?.ok === true;
}

/** Ports are those of Debian; each bed has a namespace of its own. */
export async function startRspamd(folder: string, local: Readonly<Record<string, string>>): Promise<Rspamd> {
  await mkdir(join(folder, 'local.d'), { recursive: true });
  for (const [name, text] of Object.entries({ ...patience, ...local }))
    await writeFile(join(folder, 'local.d', name), text);
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
    return (await readLog()).includes('rspamd_proxy process') && (await answersPing());
  };
  const explain = () => readTail(logPath, 40);
  await waitFor('rspamd to start', isReady, 30_000, { explain });
  return {
    ...running,
    milter: 'inet:127.0.0.1:11332',
    logTail: explain,
    verdictOn: (queueId) =>
      waitFor(
        `rspamd's word on ${queueId}`,
        async () => (await readLog()).split('\n').find((line) => line.includes(`qid: <${queueId}>`)),
        30_000,
        { explain },
      ),
  };
}
