/**
 * How Exim (4.96, Debian's layout) asks onionmx and hands mail over: the routers and the transport, as text.
 * It asks in Postfix's socketmap protocol, socketmap_table(5), and delivers by LMTP (RFC 2033).
 */

export interface EximSendingPlaces {
  /** Absolute path of the socket of `lookup.socketmap`. */
  readonly mapSocket: string;
  /** `delivery.endpointFolder`; `delivery.nexthopPrefix` has to be the same, an absolute path. */
  readonly endpointFolder: string;
  /** `lookup.transport`. */
  readonly transport: string;
}

/** What a whole answer looks like, a netstring; the name of an endpoint holds no other characters. */
const anyAnswer = String.raw`\N^\d+:`;
const notFound = String.raw`${anyAnswer}NOTFOUND ,$\N`;
const notFoundOrError = String.raw`${anyAnswer}(?:NOTFOUND |OK error:.*),$\N`;

function answerOf(word: string): string {
  return String.raw`${anyAnswer}${word}(.*),$\N`;
}

function nexthop({ endpointFolder, transport }: EximSendingPlaces): string {
  const folder = endpointFolder.replaceAll(/[^\w/-]/g, (character) => `\\${character}`);
  return String.raw`${anyAnswer}OK ${transport}:unix:${folder}/([a-z0-9.-]+),$\N`;
}

/**
 * They come first of all routers: what has an onion must not be taken to the clear net by another. Own domains are
 * settled without asking, so that local mail goes on while onionmx is down.
 */
export function eximRouters(places: EximSendingPlaces): string {
  return `# onionmx: where a recipient domain goes (docs/exim.md).

# A sender under .onion is taken as it is: DNS must not be asked for it (RFC 7686).
onionmx_sender:
  driver = accept
  domains = ${underOnion}
  verify_only
  verify_recipient = false

# Asks, keeps the answer in $address_data, and leaves the address to the routers below. Senders are not asked for, so
# that no client is refused while onionmx is down.
onionmx_ask:
  driver = redirect
  ${scope}
  address_data = ${askText(places)}
  data =

# The answer is the socket of an exchanger set.
onionmx:
  driver = accept
  ${scope}
  condition = \${if match{$address_data}{${nexthop(places)}}}
  set = r_onionmx = \${if match{$address_data}{${nexthop(places)}}{$1}}
  transport = onionmx

# A recipient that is only verified is accepted while there is no answer: the mail will wait in the queue.
onionmx_later:
  driver = accept
  ${scope}
  verify_only
  condition = \${if !match{$address_data}{${notFoundOrError}}}

# What is not "not found" ends here: no answer, and trouble of any kind, must not lead to the clear net.
onionmx_stop:
  driver = redirect
  ${scope}
  allow_fail
  allow_defer
  data = ${stopText}
`;
}

const scope = `domains = ! +local_domains : ! +relay_to_domains
  verify_sender = false`;
const underOnion = String.raw`\N^(?i)(.*\.)?onion$\N`;

/** onionmx needs the domain only: whose mail it is stays here. */
function askText({ mapSocket }: EximSendingPlaces): string {
  return `\${readsocket{${mapSocket}}{\${strlen:onionmx x@$domain}:onionmx x@$domain,}{30s}{}{no answer}}`;
}

/** onionmx answers each name under .onion itself; the first line holds even if it were told not to. */
const stopText = [
  `\${if match{$address_data}{${notFound}}{\\`,
  `  \${if match_domain{$domain}{${underOnion}}{:fail: 5.1.2 a name under .onion is not asked of DNS}}}{\\`,
  `\${if match{$address_data}{${answerOf('OK error:')}}{:fail: $1}{\\`,
  `\${if match{$address_data}{${answerOf('OK retry:')}}{:defer: $1}{\\`,
  `\${if match{$address_data}{${answerOf('(?:TEMP|PERM|OK) ')}}{:defer: onionmx: $1}{\\`,
  ':defer: onionmx does not answer: is it running?}}}}}}}}',
].join('\n    ');

export function eximTransport(places: EximSendingPlaces): string {
  return `# onionmx: hands mail to the socket of an exchanger set, which speaks with the far host.
onionmx:
  driver = lmtp
  socket = ${socketText(places)}
  user = Debian-exim
  group = Debian-exim
  # RFC 5321 4.5.3.2.6: the far host may take 10 minutes after the last dot. Giving up sooner would send it twice.
  timeout = 11m
  # Recipients of one message at one exchanger set: one transaction.
  batch_max = 50
  batch_id = $address_data
  # One retry time for a domain, not one for each mailbox: while an onion is down, one message tries, the others wait.
  retry_use_local_part = false
  # Of each delivery the log tells the onion too, in a line of its own: Exim's has the far host's words alone.
.ifdef _HAVE_EVENT
  event_action = \${if eq{$event_name}{msg:delivery}{\${acl{accept logwrite = onion=$r_onionmx}}}}
.endif
# Yours for onions alone (docs/onion-addresses.md), or else those of the clear net.
.ifdef ONIONMX_HEADERS_REWRITE
  headers_rewrite = ONIONMX_HEADERS_REWRITE
.elifdef REMOTE_SMTP_HEADERS_REWRITE
  headers_rewrite = REMOTE_SMTP_HEADERS_REWRITE
.endif
.ifdef ONIONMX_RETURN_PATH
  return_path = ONIONMX_RETURN_PATH
.elifdef REMOTE_SMTP_RETURN_PATH
  return_path = REMOTE_SMTP_RETURN_PATH
.endif
.ifdef REMOTE_SMTP_TRANSPORTS_HEADERS_REMOVE
  headers_remove = REMOTE_SMTP_TRANSPORTS_HEADERS_REMOVE
.endif
`;
}

function socketText(places: EximSendingPlaces): string {
  return `\${if match{$address_data}{${nexthop(places)}}{${places.endpointFolder}/$1}fail}`;
}
