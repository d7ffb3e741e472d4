/** postfix-mta-sts-resolver as Debian has it: the daemon that tells Postfix the MTA-STS policies of domains, by socketmap. */
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readTail } from './read-tail.ts';
import { type RunningProcess, startProcess } from './start-process.ts';
import { waitFor } from './wait-for.ts';

export interface MtaStsDaemon extends RunningProcess {
  /** As in smtp_tls_policy_maps. */
  readonly table: string;
}

/** Its DNS questions go to the bed's resolver; it trusts the certificates of `authorityFile`. Returns when it listens. */
export async function startMtaStsDaemon(folder: string, authorityFile: string): Promise<MtaStsDaemon> {
  const port = 8461;
  const configFile = join(folder, 'mta-sts-daemon.yml');
  const outputPath = join(folder, 'mta-sts-daemon.log');
  await writeFile(configFile, stringify({ host: '127.0.0.1', port, cache: { type: 'internal' } }));
  const running = await startProcess({
    name: 'mta-sts-daemon',
    command: 'env',
    args: [`SSL_CERT_FILE=${authorityFile}`, 'mta-sts-daemon', '-c', configFile, '-v', 'debug'],
    outputPath,
  });
  const listens = () => {
    running.assertRunning();
    return new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      const finish = (isThere: boolean) => {
        socket.destroy();
        resolve(isThere);
      };
      socket.once('connect', () => finish(true)).once('error', () => finish(false));
    });
  };
  await waitFor('mta-sts-daemon to listen', listens, 20_000, { explain: () => readTail(outputPath) });
  return { ...running, table: `socketmap:inet:127.0.0.1:${port}:postfix` };
}
