/**
 * What mail hosts have used until now: a lookup script that takes the first target (RFC 2782) of whatever SRV answer comes, and treats
 * every failure, and no answer, as "no onion"; and a map that is taken from its server as it is. Applied to the real answers of a test.
 */
import { createSocket } from 'node:dgram';
import { type Answer, decode, encode } from 'dns-packet';
import { parse } from 'yaml';
import type { DnsServer } from '../e2e/bed/ask-dns.ts';

/** The name of the exchanger that mail would go to, or `clear net`. */
export async function askPeersRule(resolver: DnsServer, domain: string): Promise<string> {
  const answers = await askSrv(resolver, `_onion-mx._tcp.${domain}`);
  const records = answers.flatMap((answer) => (answer.type === 'SRV' ? [answer.data] : []));
  const [first] = records.toSorted((one, other) => (one.priority ?? 0) - (other.priority ?? 0));
  return first === undefined || first.target === '.' ? 'clear net' : first.target;
}

/** `mapText` is the map that was offered, in the community's form. */
export function askPeersMap(mapText: string, domain: string): string {
  const map: unknown = parse(mapText);
  const entry = Object.entries(map ?? {}).find(
    ([, domains]) => Array.isArray(domains) && domains.includes(domain),
  );
  return entry?.[0] ?? 'clear net';
}

const timeoutMs = 2000;
const recursionDesired = 256;
const noError = 0;

function askSrv({ host, port }: DnsServer, name: string): Promise<readonly Answer[]> {
  const socket = createSocket('udp4');
  const question = encode({
    type: 'query',
    id: 1,
    flags: recursionDesired,
    questions: [{ name, type: 'SRV' }],
  });
  return new Promise<readonly Answer[]>((resolve, reject) => {
    const timer = setTimeout(() => resolve([]), timeoutMs);
    socket.once('error', reject);
    socket.once('message', (message) => {
      clearTimeout(timer);
      const rcode = (message[3] ?? 0) & 15;
      resolve(rcode === noError ? (decode(message).answers ?? []) : []);
    });
    socket.send(question, port, host);
  }).finally(() => socket.close());
}
