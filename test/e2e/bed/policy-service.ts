/** A policy service (SMTPD_POLICY_README) that has no opinion, and records what it was told. */
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

type PolicyRequest = ReadonlyMap<string, string>;

/** Its address is for check_policy_service. */
export interface PolicyService extends LoopbackServer {
  readonly requests: readonly PolicyRequest[];
}

export async function startPolicyService(): Promise<PolicyService> {
  const requests: PolicyRequest[] = [];
  const server = await startLoopbackServer((socket) => {
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
      for (let end = received.indexOf('\n\n'); end >= 0; end = received.indexOf('\n\n')) {
        requests.push(parseRequest(received.slice(0, end)));
        received = received.slice(end + 2);
        socket.write('action=DUNNO\n\n');
      }
    });
  });
  return { ...server, requests };
}

function parseRequest(text: string): PolicyRequest {
  return new Map(
    text.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
