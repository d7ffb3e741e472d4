/** One of those that are compared: a Postfix, a client Tor, and what delivers between them. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { ClientTor } from '../../test/e2e/bed/client-tor.ts';
import type { Postfix } from '../../test/e2e/bed/postfix.ts';
import { listProcesses } from '../../test/e2e/bed/process-table.ts';
import { connectThroughSocks } from '../../test/e2e/bed/socks-connect.ts';

export interface Contestant {
  readonly name: string;
  readonly postfix: Postfix;
  readonly smtpPort: number;
  /** None for the one that does without Tor. */
  readonly tor: ClientTor | undefined;
  /** Opens a stream to a port of an onion on the circuit on which its mail goes, as far as that can be had. */
  readonly openStream: (onion: string, port: number) => Promise<Socket>;
  /** The processes that deliver: those of Postfix that do, and onionmx. */
  readonly deliverers: () => number[];
}

const connectTimeoutMs = 60_000;

interface StreamWay {
  readonly socksPort: number;
  readonly login: (onion: string) => { readonly isolationKey?: string; readonly password?: string };
}

export async function openStream(way: StreamWay, onion: string, port: number): Promise<Socket> {
  const target = { host: onion, port, ...way.login(onion) };
  const outcome = await connectThroughSocks(
    { host: '127.0.0.1', port: way.socksPort, noDelay: true },
    target,
    connectTimeoutMs,
  );
  if (outcome.kind === 'connected') return outcome.socket;
  const reason = outcome.kind === 'failed' ? outcome.reason : `reply 0x${outcome.replyByte.toString(16)}`;
  throw new Error(`no stream to ${onion}:${port}: ${reason}`);
}

/** Of a Postfix, the processes that run one of its programs; all of them are in the process group of its master. */
export function deliverersOf(postfix: Postfix, program: 'smtp' | 'lmtp'): number[] {
  const masterPid = Number(readFileSync(join(postfix.queueDirectory, 'pid/master.pid'), 'utf8'));
  const own = listProcesses().filter(({ groupId, name }) => groupId === masterPid && name === program);
  return own.map(({ pid }) => pid);
}

/** One that delivers by smtp(8). */
export function describeContestant(
  name: string,
  postfix: Postfix,
  smtpPort: number,
  tor?: ClientTor,
  way?: StreamWay,
): Contestant {
  return {
    name,
    postfix,
    smtpPort,
    tor,
    openStream: async (onion, port) => {
      if (way === undefined) throw new Error(`${name} has no way to onions`);
      return openStream(way, onion, port);
    },
    deliverers: () => deliverersOf(postfix, 'smtp'),
  };
}
