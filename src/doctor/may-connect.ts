/**
 * Whether a user may connect to a Unix-domain socket: search permission on each folder above it, write permission on the
 * socket itself (unix(7), path_resolution(7)). Access control lists are not looked at.
 */

export interface FileFacts {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Postfix's daemons give up all groups but the one of their user. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** `files`: from the root to the socket. What keeps the user out; undefined when nothing does. */
export function findBarrier(files: readonly FileFacts[], user: User): string | undefined {
  const barrier = files.find((file, index) => !isAllowed(file, user, index === files.length - 1 ? 2 : 1));
  if (barrier === undefined) return undefined;
  const { path, mode, uid, gid } = barrier;
  const bits = (mode & 0o7777).toString(8).padStart(4, '0');
  return `${path} has the mode ${bits}, owner ${uid} and group ${gid}: ${user.name} (${user.uid}:${user.gid}) may not pass`;
}

/** 1: search, 2: write. The first class that fits decides, as in the kernel. */
function isAllowed({ mode, uid, gid }: FileFacts, user: User, wanted: 1 | 2): boolean {
  if (user.uid === 0) return true;
  if (uid === user.uid) return ((mode >> 6) & wanted) !== 0;
  return ((gid === user.gid ? mode >> 3 : mode) & wanted) !== 0;
}
