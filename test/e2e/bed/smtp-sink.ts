/** A scripted SMTP server for tests: offers what it is told to, answers as it is told to, and keeps the exact bytes. */
import { createServer, type Server, type Socket } from 'node:net';
import { serveSinkSession, type SinkRecord } from './smtp-sink-session.ts';
import type { SinkCommand, SinkMessage, SinkOptions } from './smtp-sink-script.ts';
import { waitFor } from './wait-for.ts';

export interface SmtpSink {
  /** 0 when it listens on a path. */
  readonly port: number;
  /** Messages whose end got a 2xx reply, in order. */
  readonly messages: readonly SinkMessage[];
  readonly commands: readonly SinkCommand[];
  readonly proxyLines: readonly string[];
  /** What went wrong in sessions: mostly clients that left in mid-message. */
  readonly failures: readonly Error[];
  readonly sessionCount: () => number;
  readonly openSessionCount: () => number;
  readonly waitForMessages: (count: number, timeoutMs: number) => Promise<readonly SinkMessage[]>;
  /** Cuts all open connections without a word. */
  readonly dropSessions: () => void;
  readonly stop: () => Promise<void>;
}

export async function startSmtpSink(options: SinkOptions = {}): Promise<SmtpSink> {
  const record: SinkRecord = { messages: [], commands: [], proxyLines: [] };
  const failures: Error[] = [];
  const open = new Set<Socket>();
  let sessionCount = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sessionCount += 1;
    open.add(socket);
    socket.on('error', () => {}); // seen by the session's next read
    socket.once('close', () => open.delete(socket));
    serveSinkSession(socket, sessionCount, options, record).catch((error: unknown) => {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const port = await listenOn(server, options);
  const dropSessions = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    ...record,
    port,
    failures,
    sessionCount: () => sessionCount,
    openSessionCount: () => open.size,
    waitForMessages: (count, timeoutMs) =>
      waitFor(
        `${count} messages in the SMTP sink`,
        () => record.messages.length >= count && record.messages,
        timeoutMs,
        { explain: () => `got ${record.messages.length}; ${failures.map(String).join('; ')}` },
      ),
    dropSessions,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      dropSessions();
      return closed;
    },
  };
}

async function listenOn(
  server: Server,
  { host = '127.0.0.1', port = 0, path }: SinkOptions,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path === undefined ? { host, port } : { path }, () => resolve());
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
