/** Who may use our Unix-domain sockets: the permission bits, and the id of the group, such as Postfix's. */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';

export interface SocketAccess {
  readonly mode: number;
  /** Absent when this host has no such group, or when we may not give files away: the group stays that of the process. */
  readonly gid?: number;
}

export async function findSocketAccess({ sockets }: Config): Promise<SocketAccess> {
  const gid = findGroupId(sockets.group, await readFile('/etc/group', 'utf8'));
  const mayGive = process.getuid?.() === 0 || (gid !== undefined && process.getgroups?.().includes(gid));
  return gid !== undefined && mayGive === true ? { mode: sockets.mode, gid } : { mode: sockets.mode };
}

/** group(5): `name:password:gid:members`. */
export function findGroupId(name: string, groups: string): number | undefined {
  const line = groups.split('\n').find((entry) => entry.startsWith(`${name}:`));
  const gid = line?.split(':')[2];
  return gid === undefined ? undefined : Number(gid);
}
