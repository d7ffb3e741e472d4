/** The Postfix of each contestant and of the far end. What all have in common is the test bed's (postfix-config.ts). */
import { relative } from 'node:path';
import type { PostfixOptions } from '../../test/e2e/bed/postfix-config.ts';
import { farPorts, senderPorts } from './ports.ts';

export const mainDomain = 'one.test';
export const domainCount = 20;

export function domainName(index: number): string {
  return `d${index}.test`;
}

export const allDomains = [
  mainDomain,
  ...Array.from({ length: domainCount }, (_, index) => domainName(index)),
];

/** It throws the mail away: how fast a far host writes it is not what is measured. */
export const farPostfix: PostfixOptions = {
  name: 'b',
  hostname: 'mx.example.test',
  ownDomains: allDomains,
  listenPorts: [farPorts.smtp],
  mainCf: ['virtual_transport = discard:', 'default_process_limit = 200'],
};

/** So that `delays=` is told as exactly as it can be: two digits, however small. */
const exactDelays = 'delay_logging_resolution_limit = 4';

/** As docs/postfix.md says. */
export const onionmxSender: PostfixOptions = {
  name: 'a',
  hostname: 'mx.sender.test',
  ownDomains: ['sender.test'],
  listenPorts: [senderPorts.onionmx.smtp],
  transportMaps: 'regexp:$config_directory/onionmx-own.regexp, socketmap:unix:onionmx/map.sock:onionmx',
  mainCf: [exactDelays, 'onion_initial_destination_concurrency = 1'],
  masterCf: ['onion unix - - n - - lmtp -o syslog_name=postfix/onion'],
};

/** Straight to the relay, which has an address for each domain, so that each is a destination of its own here too. */
export const directSender: PostfixOptions = {
  name: 'd',
  hostname: 'mx.sender.test',
  ownDomains: ['sender.test'],
  listenPorts: [senderPorts.direct.smtp],
  transportMaps: 'regexp:$config_directory/transport.regexp',
  mainCf: [exactDelays],
};

/**
 * smtp(8) under torsocks, in its best configuration: without these settings names of onions bounce, and the connection
 * cache, which does not work under torsocks, makes a burst four times slower. `wrapper` is a script, by its absolute path.
 */
export function torsocksSender(name: 'p' | 'i', port: number, wrapper: string): PostfixOptions {
  return {
    name,
    hostname: 'mx.sender.test',
    ownDomains: ['sender.test'],
    listenPorts: [port],
    transportMaps: 'regexp:$config_directory/transport.regexp',
    mainCf: [exactDelays, 'smtp_dns_support_level = disabled', 'smtp_connection_cache_on_demand = no'],
    masterCf: [`torsmtp unix - - n - - ${relative(daemonFolder, wrapper)} -o syslog_name=postfix/tor`],
  };
}

/** master(8) looks for programs below it alone. */
const daemonFolder = '/usr/lib/postfix/sbin';

export function torsocksScript(socksPort: number, isolate: boolean): string {
  const options = ['-a 127.0.0.1', `-P ${socksPort}`, ...(isolate ? ['-i'] : [])].join(' ');
  return `#!/bin/sh\nexec torsocks ${options} ${daemonFolder}/smtp "$@"\n`;
}

/** Lines of a regexp table: for each domain, in the order of `allDomains`, its transport and nexthop. */
export function transportTable(nexthopOf: (index: number) => string): string {
  const lines = allDomains.map(
    (domain, index) => `/@${domain.replace('.', String.raw`\.`)}$/ ${nexthopOf(index)}\n`,
  );
  return lines.join('');
}
