/** The control port of a tor for tests: SAFECOOKIE authentication, and answers that the test chooses. */
import { createHmac } from 'node:crypto';
import type { Connection } from '../../src/net/connection.ts';
import { type Listener, listen } from '../../src/net/listen.ts';
import type { SocketAddress } from '../../src/protocol/socket-address.ts';

export interface FakeControlOptions {
  readonly cookie: Buffer;
  /** What is said to a command, lines and all; undefined: `250 OK`. Commands of authentication do not come here. */
  readonly answer?: (command: string, client: Connection) => string | undefined;
}

const idleMs = 60_000;
const serverNonce = Buffer.alloc(32, 7);

export function startFakeControl(address: SocketAddress, options: FakeControlOptions): Promise<Listener> {
  return listen(address, {
    onConnection: (client) => {
      serve(client, options).catch(() => client.destroy());
    },
  });
}

async function serve(client: Connection, options: FakeControlOptions): Promise<void> {
  let pending = '';
  let nonce = Buffer.alloc(0);
  for (;;) {
    const bytes = await client.read(idleMs);
    if (bytes === null) return client.end();
    const lines = (pending + bytes.toString()).split('\r\n');
    pending = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('AUTHCHALLENGE SAFECOOKIE ')) nonce = Buffer.from(line.slice(25), 'hex');
      await client.write(answerLine(line, nonce, options, client), idleMs);
    }
  }
}

function answerLine(line: string, nonce: Buffer, options: FakeControlOptions, client: Connection): string {
  const proofOf = (key: string) =>
    createHmac('sha256', `Tor safe cookie authentication ${key} hash`)
      .update(Buffer.concat([options.cookie, nonce, serverNonce]))
      .digest('hex');
  if (line.startsWith('AUTHCHALLENGE')) {
    const hash = proofOf('server-to-controller');
    return `250 AUTHCHALLENGE SERVERHASH=${hash} SERVERNONCE=${serverNonce.toString('hex')}\r\n`;
  }
  if (line.startsWith('AUTHENTICATE')) {
    const isRight = line === `AUTHENTICATE ${proofOf('controller-to-server')}`;
    return isRight ? '250 OK\r\n' : '515 Authentication failed\r\n';
  }
  return options.answer?.(line, client) ?? '250 OK\r\n';
}
