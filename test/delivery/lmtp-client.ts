/** A client that says what it is told to an LMTP server on a Unix-domain socket, and collects the replies. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { OnionmxError } from '../../src/errors.ts';
import type { Connection } from '../../src/net/connection.ts';
import { dial } from '../../src/net/dial.ts';
import { listen } from '../../src/net/listen.ts';
import type { SocketAddress } from '../../src/protocol/socket-address.ts';
import { cutIntoChunks } from '../chunks.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const patienceMs = 20_000;

export class LmtpClient {
  readonly connection: Connection;
  #heard = '';

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async send(text: string | Buffer, chunkSize = 65_536): Promise<void> {
    for (const chunk of cutIntoChunks(Buffer.from(text), chunkSize)) {
      await this.connection.write(chunk, patienceMs);
    }
  }

  /** The next reply, its lines joined by newlines; undefined when the server has closed. */
  async hear(): Promise<string | undefined> {
    for (;;) {
      const [reply] = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.#heard) ?? [];
      if (reply !== undefined) {
        this.#heard = this.#heard.slice(reply.length);
        return reply.trimEnd().replaceAll('\r\n', '\n');
      }
      const bytes = await this.#read();
      if (bytes === null) return this.#heard === '' ? undefined : this.#heard;
      this.#heard += bytes.toString();
    }
  }

  /** null also when the server destroys the connection. */
  async #read(): Promise<Buffer | null> {
    try {
      return await this.connection.read(patienceMs);
    } catch (error) {
      if (error instanceof OnionmxError && error.code === 'connection-lost') return null;
      throw error;
    }
  }

  async hearMany(count: number): Promise<string[]> {
    const replies: string[] = [];
    while (replies.length < count) replies.push((await this.hear()) ?? 'closed');
    return replies;
  }

  /** All that the server says until it closes. */
  async hearAll(): Promise<string[]> {
    const replies: string[] = [];
    for (let reply = await this.hear(); reply !== undefined; reply = await this.hear()) replies.push(reply);
    return replies;
  }

  async ask(command: string): Promise<string> {
    await this.send(`${command}\r\n`);
    return (await this.hear()) ?? 'closed';
  }
}

export async function connectLmtp(t: TestContext, address: SocketAddress): Promise<LmtpClient> {
  const connection = await dial(address, patienceMs);
  t.after(() => connection.destroy());
  return new LmtpClient(connection);
}

/** Connects to a server that `serve` is for one connection. */
export async function openLmtp(t: TestContext, serve: (connection: Connection) => void): Promise<LmtpClient> {
  const address: SocketAddress = { kind: 'unix', path: join(makeTemporaryFolder(t), 's') };
  const listener = await listen(address, { onConnection: serve });
  t.after(() => listener.close());
  return connectLmtp(t, address);
}
