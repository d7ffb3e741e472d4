/** The numeric id of the group that may use our sockets, such as Postfix's. */
import { readFile } from 'node:fs/promises';

/** undefined when this host has no such group: the sockets then keep the group of the process. */
export async function findGroupId(name: string): Promise<number | undefined> {
  const groups = await readFile('/etc/group', 'utf8');
  const line = groups.split('\n').find((entry) => entry.startsWith(`${name}:`));
  const gid = line?.split(':')[2];
  return gid === undefined ? undefined : Number(gid);
}
