/** A server in Node in a process of its own that sends back what it gets, on a Unix-domain socket: what a server can do at best. */
import { connect } from 'node:net';
import process from 'node:process';
import { startProcess } from '../../test/e2e/bed/start-process.ts';
import { waitFor } from '../../test/e2e/bed/wait-for.ts';

const script = (path: string) =>
  `require('node:net').createServer((s) => { s.on('error', () => s.destroy()); s.on('data', (b) => s.write(b)); }).listen(${JSON.stringify(path)})`;

export interface BareEcho {
  readonly path: string;
  readonly stop: () => Promise<void>;
}

/** Returns when it has answered. */
export async function startBareEcho(path: string): Promise<BareEcho> {
  const running = await startProcess({
    name: 'the bare echo',
    command: process.execPath,
    args: ['-e', script(path)],
    outputPath: `${path}.log`,
  });
  await waitForAnswer(path, 'x');
  return { path, stop: () => running.stop() };
}

/** Tries until the question gets an answer. */
export function waitForAnswer(path: string, question: string): Promise<boolean> {
  const ask = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ path });
      const settle = (isAnswered: boolean) => {
        socket.destroy();
        resolve(isAnswered);
      };
      socket.on('error', () => settle(false)).on('close', () => resolve(false));
      socket.on('data', () => settle(true));
      socket.write(question);
    });
  return waitFor(`an answer on ${path}`, ask, 20_000, { intervalMs: 1 });
}
