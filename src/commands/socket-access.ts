/** Who may use our Unix-domain sockets: the permission bits, and the id of the group, such as Postfix's. */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import type { Config } from '../config/schema.ts';

export interface SocketAccess {
  readonly mode: number;
  /** Absent when this host has no such group, or when we may not give files away: the group stays that of the process. */
  readonly gid?: number;
}

/** What that depends on: who runs us, and which groups this host has. */
export interface Host {
  readonly isRoot: boolean;
  /** The groups that this process is in. */
  readonly ownGroupIds: readonly number[];
  /** What /etc/group says. */
  readonly groups: string;
}

export async function findSocketAccess(config: Config): Promise<SocketAccess> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  const isRoot = process.getuid?.() === 0;
  return decideSocketAccess(config, { isRoot, ownGroupIds: process.getgroups?.() ?? [], groups });
}

export function decideSocketAccess({ sockets }: Pick<Config, 'sockets'>, host: Host): SocketAccess {
  const gid = findGroupId(sockets.group, host.groups);
  const mayGive = gid !== undefined && (host.isRoot || host.ownGroupIds.includes(gid));
  return mayGive ? { mode: sockets.mode, gid } : { mode: sockets.mode };
}

/** group(5): `name:password:gid:members`. An empty number must not become 0, which is root. */
function findGroupId(name: string, groups: string): number | undefined {
  const line = groups.split('\n').find((entry) => entry.startsWith(`${name}:`));
  const digits = line?.split(':')[2] ?? '';
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}
