/** Builds DNS answers for tests, from the query that they answer. */
import { type Answer, decode, encode, type OptAnswer } from 'dns-packet';

export interface ReplyOptions {
  readonly rcode?: number;
  /** AD, TC, RA: as a word each. RA is set unless `without` says otherwise. */
  readonly flags?: readonly ('AD' | 'TC')[];
  readonly without?: 'RA';
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  /** INFO-CODE of RFC 8914, with the text "because". */
  readonly extendedError?: number;
}

const flagBits = { AD: 0x20, TC: 0x200, RA: 0x80 };

export function replyTo(query: Buffer, options: ReplyOptions = {}): Buffer {
  const { rcode = 0, flags = [], answers = [], authorities = [], extendedError } = options;
  const { id = 0, questions = [] } = decode(query);
  const bits = flags.reduce((sum, flag) => sum | flagBits[flag], options.without === 'RA' ? 0 : flagBits.RA);
  const bytes = encode({
    type: 'response',
    id,
    flags: bits | 0x100,
    questions,
    answers: [...answers],
    authorities: [...authorities],
    additionals: [edns(rcode >> 4, extendedError)],
  });
  bytes.writeUInt8(bytes.readUInt8(3) | (rcode & 0x0f), 3);
  return bytes;
}

export function srv(name: string, target: string, more: Partial<SrvFields> = {}): Answer {
  const { port = 25, priority = 0, weight = 0, ttl = 300 } = more;
  return { type: 'SRV', class: 'IN', name, ttl, data: { port, priority, weight, target } };
}

interface SrvFields {
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
  readonly ttl: number;
}

export function cname(name: string, target: string, ttl = 300): Answer {
  return { type: 'CNAME', class: 'IN', name, ttl, data: target };
}

export function txt(name: string, data: string, ttl = 300): Answer {
  return { type: 'TXT', name, ttl, data };
}

export function soa(name: string, ttl: number, minimum: number): Answer {
  const timers = { serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum };
  return {
    type: 'SOA',
    class: 'IN',
    name,
    ttl,
    data: { mname: `ns.${name}`, rname: `root.${name}`, ...timers },
  };
}

function edns(extendedRcode: number, extendedError: number | undefined): OptAnswer {
  const option = Buffer.concat([Buffer.from([0, extendedError ?? 0]), Buffer.from('because')]);
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: extendedError === undefined ? [] : [extendedErrorOption(option)],
  };
}

/** dns-packet's types do not know option 15; its encoder takes any code that comes with data. */
function extendedErrorOption(data: Buffer): OptAnswer['options'][number] {
  const option: { code: number; data: Buffer } = { code: 15, data };
  if (isOption(option)) return option;
  throw new Error('unreachable');
}

function isOption(option: object): option is OptAnswer['options'][number] {
  return 'code' in option;
}
