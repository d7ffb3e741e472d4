/**
 * The configuration: the one source of its names, defaults and help texts (`onionmx config` prints them, docs quote them).
 * A setting whose default depends on the host has none here: fill-defaults.ts finds it.
 */
import { z } from 'zod';
import { complainOfIdleness } from './complain-of-idleness.ts';
import { complainOfResolvers } from './complain-of-resolvers.ts';
import { refuseDomainsTwice } from './domain-exception.ts';
import { failureException, onFailure } from './failure-exception.ts';
import { complainOfForeignTor, onionService, refuseNamesTwice } from './onion-service.ts';
import { clearNetAfterMs, outageException } from './outage-exception.ts';
import { fieldsOf } from './schema-tree.ts';
import { socketmapTable } from './socketmap-table.ts';
import {
  absolutePath,
  count,
  domain,
  endpointFolder,
  groupName,
  headerName,
  heloName,
  localAddress,
  milliseconds,
  nexthopPrefix,
  plainAddress,
  programName,
  resolver,
  singleLine,
  socketMode,
  stateFolder,
  transportName,
} from './setting-values.ts';
import { enoughEvidence, trustException } from './trust-exception.ts';

const sections = z.strictObject({
  stateFolder: stateFolder.optional().describe(
    `Where the endpoint table, the memory of routes and Tor's data are kept.
Default: /var/lib/onionmx for root, else $XDG_STATE_HOME/onionmx or ~/.local/state/onionmx.`,
  ),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('debug, info, warn or error.'),
    })
    .readonly()
    .prefault({})
    .describe('The log goes to standard error, one JSON line an event.'),
  domains: z
    .strictObject({
      own: listOf(domain).describe('Domains of this host. Exact names, without their subdomains.'),
      ignored: listOf(domain).describe('Domains that are to take the clear net although they have an onion.'),
    })
    .readonly()
    .prefault({})
    .describe('Domains that never go over an onion: they are answered with "not found".'),
  map: listOf(absolutePath).describe(
    'Files, or folders of *.yml and *.yaml files, that name the onion mail exchangers of domains. They win over DNS.',
  ),
  dns: z
    .strictObject({
      resolvers: listOf(resolver).describe(
        `Asked in this order, each in its own way: IP or IP:PORT ([IPv6]:PORT), tcp://IP, tls://IP#NAME, https://IP/dns-query#NAME,
or through Tor: tor+tcp://HOST, tor+tls://HOST, tor+https://HOST/dns-query. Empty: those of /etc/resolv.conf.`,
      ),
      timeoutMs: milliseconds(1).default(3000).describe('How long one resolver may take for one try.'),
      torTimeoutMs: milliseconds(1)
        .default(10_000)
        .describe('The same for one that is asked through Tor: the first question may need a circuit.'),
      tries: count(1, 20).default(2).describe('How often each resolver is tried.'),
      cacheEntries: count(1, 10_000_000).default(10_000).describe('How many answers are kept for their TTL.'),
      trustAd: z
        .enum(['loopback', 'always', 'never'])
        .default('loopback')
        .describe(
          'Whose word that an answer is DNSSEC-valid (AD flag) is believed: loopback, always or never.',
        ),
      deferMs: milliseconds(0)
        .default(900_000)
        .describe('bounded: how long mail to an unknown domain waits while DNS fails.'),
      onFailure: onFailure.default('bounded').describe(
        `What a DNS failure means for a domain of which nothing is remembered:
bounded (mail waits for deferMs, then it takes the clear net), defer (it waits as long as DNS fails) or clearnet (at once).`,
      ),
      onFailureFor: z
        .array(failureException)
        .check(refuseDomainsTwice)
        .prefault([])
        .readonly()
        .describe(`Domains for which it means something else. Each has:\n${listFields(failureException)}`),
    })
    .readonly()
    .prefault({})
    .describe('How SRV records (_onion-mx._tcp.<domain>) are asked for.'),
  memory: z
    .strictObject({
      keepDays: count(0, 3650)
        .default(30)
        .describe(
          'For how many days after it was last seen; 0: nothing is remembered, and each DNS answer is believed.',
        ),
    })
    .readonly()
    .prefault({})
    .describe(
      'For how long the onion of a domain stands against DNS that fails, or says otherwise without DNSSEC.',
    ),
  trust: z
    .strictObject({
      enough: enoughEvidence.default('dns').describe(
        `The least evidence on which mail goes over an onion; with less it takes the clear net. The strongest first:
pinned, proved, dnssec, certificate, remembered, dns.`,
      ),
      enoughFor: z
        .array(trustException)
        .check(refuseDomainsTwice)
        .prefault([])
        .readonly()
        .describe(`Domains for which another one is enough. Each has:\n${listFields(trustException)}`),
      tlsPolicyDaemon: socketmapTable
        .nullable()
        .default(null)
        .describe(
          `The daemon that tells Postfix which domains have MTA-STS or DANE, as in its smtp_tls_policy_maps:
such as socketmap:inet:127.0.0.1:8461:postfix. Null: onionmx finds out by itself.`,
        ),
    })
    .readonly()
    .prefault({})
    .describe(
      'What has to be known of an onion. Whatever is enough: a domain whose mail servers the clear net would authenticate (DANE, MTA-STS) goes over no onion that is known less well.',
    ),
  lookup: z
    .strictObject({
      socketmap: z
        .array(localAddress)
        .readonly()
        .optional()
        .describe(
          `Postfix socketmap: unix:/path or IP:PORT.
Default: map.sock in /var/spool/postfix/onionmx if that can be written, else in $XDG_RUNTIME_DIR/onionmx or stateFolder.`,
        ),
      tcpTable: listOf(localAddress).describe('Postfix tcp_table, such as 127.0.0.1:2526.'),
      transport: transportName.default('onion').describe('The master.cf service that answers name.'),
      idleMs: milliseconds(1).default(60_000).describe('When a silent connection is closed.'),
    })
    .readonly()
    .prefault({})
    .describe('Where the MTA asks for routes. Local addresses only.'),
  delivery: z
    .strictObject({
      endpointFolder: endpointFolder.optional().describe(
        `The folder of the endpoints, one Unix-domain socket for each set of exchangers.
Default: /var/spool/postfix/onionmx if that can be written, else $XDG_RUNTIME_DIR/onionmx or stateFolder/endpoints.`,
      ),
      nexthopPrefix: nexthopPrefix.optional().describe(
        `The path of endpointFolder as the MTA sees it: absolute, or relative to its queue directory. Postfix folds it to lower case.
Default: onionmx for /var/spool/postfix/onionmx, else endpointFolder itself.`,
      ),
      routingEndpoint: localAddress
        .nullable()
        .default(null)
        .describe(
          'One LMTP endpoint that routes by recipient, for MTAs that cannot ask: such as 127.0.0.1:2600, or null.',
        ),
      heloName: heloName
        .default('[127.0.0.1]')
        .describe('What our EHLO says to exchangers. The default tells nothing about this host.'),
      connectTimeoutMs: milliseconds(1, 60_000)
        .default(60_000)
        .describe('How long Tor may take to reach one exchanger, a minute at most: the MTA waits meanwhile.'),
    })
    .readonly()
    .prefault({})
    .describe('Where the MTA hands mail over, by LMTP, and how it leaves, by SMTP through Tor.'),
  outage: z
    .strictObject({
      clearNetAfterMs: clearNetAfterMs.default('never').describe(
        `never: mail waits in the MTA's queue until its onion answers. A number: after that many milliseconds without an answer,
mail for the domain takes the clear net until the onion answers again. Mail to an onion address always waits.`,
      ),
      clearNetAfterMsFor: z
        .array(outageException)
        .check(refuseDomainsTwice)
        .prefault([])
        .readonly()
        .describe(`Domains for which it is otherwise. Each has:\n${listFields(outageException)}`),
      tryEveryMs: milliseconds(1)
        .default(300_000)
        .describe('While mail takes the clear net because of this: how often the onion is tried, about.'),
    })
    .readonly()
    .prefault({})
    .describe('What happens to mail while no onion mail exchanger of its domain answers.'),
  sockets: z
    .strictObject({
      mode: socketMode.prefault('0660').describe('Permission bits, octal and in quotes.'),
      group: groupName
        .default('postfix')
        .describe('Their group; if this host does not have it, they keep ours.'),
    })
    .readonly()
    .prefault({})
    .describe('Who may use our Unix-domain sockets.'),
  tor: z
    .strictObject({
      use: z
        .enum(['managed', 'running'])
        .default('managed')
        .describe('managed: onionmx runs a tor of its own. running: use a Tor that runs already.'),
      program: programName
        .default('tor')
        .describe('managed: the tor program, a path or a name found on PATH.'),
      extraTorrc: listOf(singleLine).describe('managed: further torrc lines.'),
      socks: localAddress
        .prefault('127.0.0.1:9050')
        .describe('running: its SocksPort, unix:/path or IP:PORT. Flags it should have: ExtendedErrors.'),
      exitSocks: localAddress
        .nullable()
        .default(null)
        .describe(
          'running: a SocksPort that reaches hosts on the clear net, through exits of Tor: to check what domains publish by HTTPS, and for resolvers behind Tor. Or null.',
        ),
    })
    .readonly()
    .prefault({})
    .describe('The way to onion services.'),
  receiving: z
    .strictObject({
      onionServices: z
        .array(onionService)
        .check(refuseNamesTwice)
        .prefault([])
        .readonly()
        .describe(
          `tor.use managed: the onion services by which mail comes to this host, the preferred one first. Each has:
${listFields(onionService)}`,
        ),
      header: headerName
        .default('X-Onionmx-Received')
        .describe(
          'The header that marks mail which came over the onion: `onionmx setup` has the mail server write it.',
        ),
      testAddress: plainAddress
        .nullable()
        .default(null)
        .describe(
          'An address that is accepted over the onion alone, and thrown away: `onionmx setup` writes it into Postfix or Exim. Or null.',
        ),
    })
    .readonly()
    .prefault({})
    .describe('How other hosts reach this one.'),
});

export const settingsSchema = sections.check(complainOfForeignTor, complainOfIdleness, complainOfResolvers);

/** What a configuration file says, with the defaults that do not depend on the host. */
export type Settings = z.output<typeof settingsSchema>;

type Filled<T> = { readonly [Key in keyof T]-?: Exclude<T[Key], undefined> };

/** The whole configuration: every setting has its value, parsed. Durations in milliseconds, sizes in bytes. */
export type Config = Filled<Omit<Settings, 'lookup' | 'delivery'>> & {
  readonly lookup: Filled<Settings['lookup']>;
  readonly delivery: Filled<Settings['delivery']>;
};

/** What the fields of a mapping are for, one line each: in an empty list they are not printed themselves. */
function listFields(item: z.core.$ZodType): string {
  return Object.entries(fieldsOf(item))
    .map(([name, field]) => `- ${name}: ${z.globalRegistry.get(field)?.description ?? ''}`)
    .join('\n');
}

function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).prefault([]).readonly();
}
