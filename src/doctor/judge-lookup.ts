/** Where the mail server asks and hands mail over: do the sockets answer, and may it connect to them? */
import { type DoctorFinding, find } from './finding.ts';
import { type FileFacts, findBarrier, type User } from './may-connect.ts';

export interface LookupFacts {
  readonly servers: readonly LookupServerFacts[];
  /** Below the endpoint folder. */
  readonly endpoints: readonly SocketFacts[];
  readonly endpointFolder: string;
  /** The user that Postfix's daemons run as; undefined: there is none here, and access is not judged. */
  readonly user: User | undefined;
}

export interface SocketFacts {
  /** `unix:/path` or `IP:PORT` */
  readonly name: string;
  /** From the root to the socket; undefined: it is a port, or it may not be looked at. */
  readonly files: readonly FileFacts[] | undefined;
}

interface LookupServerFacts extends SocketFacts {
  /** What was asked and what came; or why nothing came. */
  readonly answers: readonly LookupReply[] | { readonly trouble: string; readonly isForbidden: boolean };
}

interface LookupReply {
  readonly key: string;
  /** As Postfix would read it: `NOTFOUND`, `OK onion:…`, `TEMP …`. */
  readonly reply: string;
}

export function judgeLookup(facts: LookupFacts): readonly DoctorFinding[] {
  const { servers, endpoints, endpointFolder, user } = facts;
  const access = user === undefined ? [] : judgeAccess('lookup-access', servers, user, 'the lookup sockets');
  const folderAccess =
    user === undefined
      ? []
      : judgeAccess('endpoint-access', endpoints, user, `the sockets in ${endpointFolder}`);
  return [...servers.map(judgeServer), ...access, ...folderAccess];
}

function judgeServer({ name, answers }: LookupServerFacts): DoctorFinding {
  if ('trouble' in answers) {
    if (answers.isForbidden)
      return find(
        'unknown',
        'lookup-answers',
        `${name} was not asked: ${answers.trouble}`,
        'this needs root, or a user who may use the socket',
      );
    const reason = 'the mail server keeps the mail that it has to ask for, until somebody answers there';
    return find(
      'error',
      'lookup-answers',
      `nobody answers at ${name}: ${answers.trouble}`,
      reason,
      'onionmx serve',
    );
  }
  const wrong = answers.filter(({ reply }) => reply !== 'NOTFOUND');
  if (wrong.length === 0)
    return find(
      'ok',
      'lookup-answers',
      `${name} leaves ${answers.map(({ key }) => key).join(' and ')} to the mail server`,
    );
  const said = wrong.map(({ key, reply }) => `${key}: ${reply}`).join('\n');
  const [first] = wrong;
  return find(
    'error',
    'lookup-answers',
    `${name} does not leave to the mail server what it should`,
    said,
    `list your domains in \`domains.own\`; onionmx lookup '${first?.key ?? ''}'`,
  );
}

function judgeAccess(
  id: 'lookup-access' | 'endpoint-access',
  sockets: readonly SocketFacts[],
  user: User,
  what: string,
): readonly DoctorFinding[] {
  const seen = sockets.flatMap(({ files }) => (files === undefined ? [] : [findBarrier(files, user)]));
  if (seen.length === 0) return [];
  const barriers = [...new Set(seen.filter((barrier) => barrier !== undefined))];
  if (barriers.length === 0) return [find('ok', id, `${user.name} may connect to ${what}`)];
  const next = 'see `sockets.group` and `sockets.mode` (onionmx config), and the modes of the folders above';
  return barriers.map((barrier) =>
    find('error', id, `${user.name} may not connect to ${what}`, barrier, next),
  );
}
