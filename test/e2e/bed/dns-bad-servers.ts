/** Name servers that are no good: one takes every question and answers none, one answers every question with SERVFAIL. */
import { createSocket, type Socket } from 'node:dgram';
import type { DnsServer } from './ask-dns.ts';

type Close = () => Promise<void>;

export function openSilentServer(address: DnsServer): Promise<Close> {
  return openServer(address, () => {});
}

export function openFailingServer(address: DnsServer): Promise<Close> {
  return openServer(address, (socket, question, port, host) => {
    const answer = Buffer.from(question);
    answer[2] = (answer[2] ?? 0) | 0x80; // it is an answer
    answer[3] = 2; // SERVFAIL
    socket.send(answer, port, host);
  });
}

type Answer = (socket: Socket, question: Buffer, port: number, host: string) => void;

async function openServer(address: DnsServer, answer: Answer): Promise<Close> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => answer(socket, question, from.port, from.address));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(address.port, address.host, () => resolve());
  });
  return () => new Promise((resolve) => socket.close(() => resolve()));
}
