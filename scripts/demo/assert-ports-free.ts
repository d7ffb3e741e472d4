/** Without a namespace of its own, the private Tor network shares the loopback ports with all that runs here. */
import { createServer } from 'node:net';

/** The first ORPort and the first DirPort that test/e2e/bed/tor-network.ts uses. */
const torPorts = [15_000, 15_020];

/** Two networks at once would take each other's parts for their own: better not to begin. */
export async function assertPortsFree(): Promise<void> {
  for (const port of torPorts) {
    if (await isFree(port)) continue;
    throw new Error(
      `port ${port} of 127.0.0.1 is in use: does another demo or test run here? See \`pgrep -a tor\`, and try again after it`,
    );
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}
