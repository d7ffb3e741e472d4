/** A host whose mail server setup does not know: what is to be done by hand. */
import type { Config } from '../../config/schema.ts';
import { onionListenerAddress } from '../../mail-host/onion-listener.ts';
import { formatSocketAddress } from '../../protocol/socket-address.ts';
import { emptyPlan } from '../../setup/plan.ts';
import type { ServerView } from './server-view.ts';

export function viewByHand({ domains }: Config): ServerView {
  const [domain = 'example.org'] = domains.own;
  return {
    summary: ['Neither Postfix nor Exim is configured here: see the notes for what is to be done by hand.'],
    ownDomains: domains.own,
    isRunning: false,
    settings: [],
    plan: async ({ sending, receiving }, config) => ({
      ...emptyPlan,
      notes: [...(sending ? sendingNotes(config) : []), ...(receiving ? receivingNotes(domain) : [])],
    }),
  };
}

function sendingNotes({ lookup, delivery }: Config): readonly string[] {
  const addresses = [...lookup.socketmap, ...lookup.tcpTable].map(formatSocketAddress).join(', ');
  const { routingEndpoint } = delivery;
  const endpoint =
    routingEndpoint === null ? 'set `delivery.routingEndpoint`' : formatSocketAddress(routingEndpoint);
  return [
    `Sending: a mail server that can ask does so at ${addresses}, and hands mail to the socket of the answer by LMTP; one that cannot hands the domains that have an onion to one LMTP port (${endpoint}). docs/other-mail-servers.md has six of them.`,
    'Name your own domains in `domains.own`: mail to these never leaves through Tor.',
  ];
}

function receivingNotes(domain: string): readonly string[] {
  return [
    `Receiving: a listener for onion mail alone on ${onionListenerAddress}, which reads the PROXY line that Tor begins with, offers no logins and relays for nobody. Try it: onionmx check relay proxy:${onionListenerAddress} --domain ${domain}`,
  ];
}
