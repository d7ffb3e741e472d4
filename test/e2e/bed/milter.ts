/**
 * A milter that lets everything pass and records which client it was told of (the Sendmail milter protocol, version 6:
 * four bytes of length, one byte of command, data). Headers and bodies are not asked for.
 */
import type { Socket } from 'node:net';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

interface MilterClient {
  readonly name: string;
  /** `6` and `4` for the address families, `U` for unknown. */
  readonly family: string;
  readonly address: string;
}

/** Its address is for smtpd_milters. */
export interface Milter extends LoopbackServer {
  /** One entry a session, in order. */
  readonly clients: readonly MilterClient[];
  /** `MAIL FROM` of each message, with the client of its session. */
  readonly messages: readonly { readonly client: MilterClient; readonly sender: string }[];
}

const protocolVersion = 6;
/** No bodies, headers, end of headers, unknown commands, DATA (SMFIP_NO…). */
const skippedSteps = 0x10 | 0x20 | 0x40 | 0x100 | 0x200;
/** Macros, abort, quit and "quit, but keep the connection" want no answer. */
const unanswered = 'DAQK';

export async function startMilter(): Promise<Milter> {
  const clients: MilterClient[] = [];
  const messages: { client: MilterClient; sender: string }[] = [];
  const server = await startLoopbackServer((socket) => {
    let client: MilterClient = { name: '', family: 'U', address: '' };
    readPackets(socket, (command, data) => {
      if (command === 'C') clients.push((client = parseClient(data)));
      if (command === 'M') messages.push({ client, sender: data.toString('latin1').split('\0')[0] ?? '' });
      if (command === 'O') socket.write(encodePacket('O', negotiate(data)));
      else if (!unanswered.includes(command)) socket.write(encodePacket('c', Buffer.alloc(0)));
    });
  });
  return { ...server, clients, messages };
}

function readPackets(socket: Socket, onPacket: (command: string, data: Buffer) => void): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 4 && received.length >= 4 + received.readUInt32BE(0)) {
      const end = 4 + received.readUInt32BE(0);
      onPacket(String.fromCharCode(received[4] ?? 0), received.subarray(5, end));
      received = received.subarray(end);
    }
  });
}

function encodePacket(command: string, data: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + data.length, 0);
  head.write(command, 4);
  return Buffer.concat([head, data]);
}

/** Of what the mail server offers: no change of messages, and fewer steps. */
function negotiate(offer: Buffer): Buffer {
  const answer = Buffer.alloc(12);
  answer.writeUInt32BE(Math.min(protocolVersion, offer.readUInt32BE(0)), 0);
  answer.writeUInt32BE((offer.readUInt32BE(8) & skippedSteps) >>> 0, 8);
  return answer;
}

/** Name, NUL, family, port (two bytes), address, NUL; an unknown family ends it. */
function parseClient(data: Buffer): MilterClient {
  const end = data.indexOf(0);
  const family = String.fromCharCode(data[end + 1] ?? 0);
  const address = data
    .subarray(end + 4)
    .toString('latin1')
    .replace(/\0$/, '');
  return { name: data.subarray(0, end).toString('latin1'), family, address };
}
