/** What doctor wants to know of our sockets: what they answer, as Postfix asks (socketmap_table(5), tcp_table(5)), and their modes. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import type { LookupFacts, SocketFacts } from '../../doctor/judge-lookup.ts';
import type { FileFacts, User } from '../../doctor/may-connect.ts';
import { OnionmxError, toOnionmxError } from '../../errors.ts';
import type { Connection } from '../../net/connection.ts';
import { dial } from '../../net/dial.ts';
import { isUnderOnion } from '../../protocol/domain-name.ts';
import { encodeNetstring, NetstringDecoder } from '../../protocol/netstring.ts';
import { formatSocketAddress, type SocketAddress } from '../../protocol/socket-address.ts';
import { maxSocketmapBytes } from '../../protocol/socketmap.ts';

type Server = LookupFacts['servers'][number];
type Ask = (connection: Connection, key: string) => Promise<string>;

/** Postfix itself would wait for 100 s, and refuse all mail meanwhile. */
const timeoutMs = 10_000;
const mostDomains = 3;

/** mailOwner: the user of Postfix's daemons; undefined: no Postfix here. */
export async function gatherLookup(config: Config, mailOwner: string | undefined): Promise<LookupFacts> {
  const { socketmap, tcpTable } = config.lookup;
  // none of these is to be answered: `*` stands for all mail, and the own domains are the mail server's
  const domains = config.domains.own.filter((domain) => !isUnderOnion(domain)).slice(0, mostDomains);
  const keys = ['*', ...domains.map((domain) => `postmaster@${domain}`)];
  const { endpointFolder } = config.delivery;
  const lookupPaths = new Set(socketmap.map(pathOf));
  const files = (await listSockets(endpointFolder)).filter((path) => !lookupPaths.has(path));
  return {
    servers: await Promise.all([
      ...socketmap.map((address) => askServer(address, keys, askSocketmap)),
      ...tcpTable.map((address) => askServer(address, keys, askTcpTable)),
    ]),
    endpoints: await Promise.all(files.map((path) => lookAtSocket({ kind: 'unix', path }))),
    endpointFolder,
    user: mailOwner === undefined ? undefined : await findUser(mailOwner),
  };
}

async function askServer(address: SocketAddress, keys: readonly string[], ask: Ask): Promise<Server> {
  const socket = await lookAtSocket(address);
  try {
    const connection = await dial(address, timeoutMs);
    const answers = [];
    try {
      for (const key of keys) answers.push({ key, reply: await ask(connection, key) });
    } finally {
      connection.destroy();
    }
    return { ...socket, answers };
  } catch (error) {
    const { message } = toOnionmxError(error);
    return { ...socket, answers: { trouble: message, isForbidden: message.includes('EACCES') } };
  }
}

async function askSocketmap(connection: Connection, key: string): Promise<string> {
  await connection.write(encodeNetstring(`onionmx ${key}`), timeoutMs);
  const decoder = new NetstringDecoder(maxSocketmapBytes);
  for (;;) {
    for (const payload of decoder.decode(await readSome(connection))) return payload.toString().trim();
  }
}

async function askTcpTable(connection: Connection, key: string): Promise<string> {
  await connection.write(`get ${key}\n`, timeoutMs);
  let text = '';
  while (!text.includes('\n')) text += (await readSome(connection)).toString();
  return text.startsWith('500 ') ? 'NOTFOUND' : text.trim();
}

async function readSome(connection: Connection): Promise<Buffer> {
  const bytes = await connection.read(timeoutMs);
  if (bytes !== null) return bytes;
  throw new OnionmxError('connection-lost', `${connection.peer} closed the connection without an answer`);
}

async function lookAtSocket(address: SocketAddress): Promise<SocketFacts> {
  const name = formatSocketAddress(address);
  return { name, files: address.kind === 'unix' ? await lookAtPath(address.path) : undefined };
}

/** From the root to the file; undefined when it is not there or may not be looked at. */
async function lookAtPath(path: string): Promise<readonly FileFacts[] | undefined> {
  const paths = [path];
  for (let folder = dirname(path); folder !== paths[0]; folder = dirname(folder)) paths.unshift(folder);
  try {
    return await Promise.all(paths.map(lookAt));
  } catch {
    return undefined;
  }
}

async function lookAt(path: string): Promise<FileFacts> {
  const { mode, uid, gid } = await stat(path);
  return { path, mode, uid, gid };
}

async function listSockets(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isSocket()).map(({ name }) => join(folder, name));
}

function pathOf(address: SocketAddress): string | undefined {
  return address.kind === 'unix' ? address.path : undefined;
}

/** passwd(5): `name:password:uid:gid:…`. */
async function findUser(name: string): Promise<User | undefined> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const fields = text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([found]) => found === name);
  const [, , uid, gid] = fields ?? [];
  return uid === undefined || gid === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}
