/** Each bad configuration with its exact complaints. */
import { type BadConfig, testBadConfigs } from './bad-config.ts';

const long = `/${'x'.repeat(120)}`;
const topKeys =
  'stateFolder, log, domains, map, dns, memory, trust, lookup, delivery, outage, sockets, tor, receiving';

const badConfigs: readonly BadConfig[] = [
  {
    why: 'nobody could ever reach it',
    text: 'lookup:\n  socketmap: []\n',
    complaints: [
      '2:14: lookup.socketmap: must not be empty where there is no lookup.tcpTable, no delivery.routingEndpoint and no onion service: nobody could reach onionmx',
    ],
  },
  // YAML itself
  {
    why: 'a bracket is not closed',
    text: 'domains:\n  own: [a.test\ndns: {}\n',
    complaints: [
      '3:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  },
  {
    why: 'tabs indent nothing in YAML',
    text: 'log:\n\tlevel: info\n',
    complaints: ['2:1: not valid YAML: Tabs are not allowed as indentation'],
  },
  {
    why: 'a key twice',
    text: 'map: []\nlog: {}\nmap: []\n',
    complaints: ['3:1: this key stands here a second time'],
  },
  {
    why: 'two documents',
    text: 'map: []\n---\nlog: {}\n',
    complaints: ['2:1: a second YAML document starts here: there may be only one in a file'],
  },
  {
    why: 'aliases can fill the memory',
    text: 'map: &all [/a]\ndomains: {own: *all}\n',
    complaints: ['2:16: aliases (*all) are not allowed here'],
  },
  { why: 'a list as a key', text: '[a, b]: c\n', complaints: ['1:1: a key must be plain text'] },
  {
    why: 'a tag',
    text: 'map: !files [/a]\n',
    complaints: ['1:6: not valid YAML: Unresolved tag: !files'],
  },
  { why: 'a list', text: '- map\n', complaints: ['1:1: must be a mapping of keys to values, not a list'] },
  {
    why: 'a text',
    text: 'hello\n',
    complaints: ['1:1: must be a mapping of keys to values, not the text "hello"'],
  },
  // keys
  {
    why: 'an unknown key',
    text: 'port: 25\n',
    complaints: [`1:1: unknown key port: known here: ${topKeys}`],
  },
  {
    why: 'a mistyped key',
    text: 'dns:\n  timeoutMS: 5\n  resolver: []\n',
    complaints: [
      '2:3: unknown key dns.timeoutMS: did you mean timeoutMs?',
      '3:3: unknown key dns.resolver: did you mean resolvers?',
    ],
  },
  {
    why: 'no key reaches the prototype of an object',
    text: '__proto__: {x: 1}\n',
    complaints: [`1:1: unknown key __proto__: known here: ${topKeys}`],
  },
  {
    why: 'a key that is a number',
    text: 'log:\n  1: info\n',
    complaints: ['2:3: unknown key log.1: known here: level'],
  },
  // types
  {
    why: 'a section that is a list',
    text: 'tor: [managed]\n',
    complaints: ['1:6: tor: must be a mapping of keys to values, not a list'],
  },
  {
    why: 'a list that is a text',
    text: 'map: /etc/map.yml\n',
    complaints: ['1:6: map: must be a list, not the text "/etc/map.yml"'],
  },
  {
    why: 'a text that is a list',
    text: 'stateFolder: [/a]\n',
    complaints: ['1:14: stateFolder: must be a text, not a list'],
  },
  {
    why: 'a number that is a text',
    text: 'dns: {timeoutMs: 3s}\n',
    complaints: ['1:18: dns.timeoutMs: must be a whole number, not the text "3s"'],
  },
  {
    why: 'a number that is a truth value',
    text: 'dns: {tries: true}\n',
    complaints: ['1:14: dns.tries: must be a whole number, not true'],
  },
  {
    why: 'half a millisecond',
    text: 'lookup: {idleMs: 0.5}\n',
    complaints: ['1:18: lookup.idleMs: must be a whole number, not the number 0.5'],
  },
  {
    why: 'an item that is empty',
    text: 'map:\n  - /a\n  -\n',
    complaints: ['3:4: map[1]: must be a text, not nothing'],
  },
  // ranges and choices
  {
    why: 'no tries at all',
    text: 'dns: {tries: 0}\n',
    complaints: ['1:14: dns.tries: must be at least 1, not the number 0'],
  },
  {
    why: 'a timer beyond 2^31 ms would fire at once',
    text: 'lookup: {idleMs: 2147483648}\n',
    complaints: ['1:18: lookup.idleMs: must be at most 432000000, not the number 2147483648'],
  },
  {
    why: 'so long that the MTA would give up before our failover is through',
    text: 'delivery: {connectTimeoutMs: 60001}\n',
    complaints: ['1:30: delivery.connectTimeoutMs: must be at most 60000, not the number 60001'],
  },
  {
    why: 'infinity',
    text: 'dns: {deferMs: .inf}\n',
    complaints: ['1:16: dns.deferMs: must be a whole number, not the number Infinity'],
  },
  {
    why: 'a negative number',
    text: 'dns: {deferMs: -1}\n',
    complaints: ['1:16: dns.deferMs: must be at least 0, not the number -1'],
  },
  {
    why: 'no such policy',
    text: 'dns: {onFailure: never}\n',
    complaints: ['1:18: dns.onFailure: must be bounded, defer or clearnet, not the text "never"'],
  },
  {
    why: 'an exception for no domain, and one without a policy',
    text: 'dns:\n  onFailureFor:\n    - {domain: .a..test, onFailure: defer}\n    - {domain: b.test}\n',
    complaints: [
      '3:16: dns.onFailureFor[0].domain: "a..test" is no domain name: it has an empty label',
      '4:7: dns.onFailureFor[1].onFailure: must be bounded, defer or clearnet, not nothing',
    ],
  },
  {
    why: 'no exception wins in silence',
    text: 'dns:\n  onFailureFor:\n    - {domain: .a.test, onFailure: defer}\n    - {domain: .A.test, onFailure: clearnet}\n',
    complaints: ['4:16: dns.onFailureFor[1].domain: .a.test stands here a second time'],
  },
  {
    why: 'an outage that is neither never nor a time',
    text: 'outage:\n  clearNetAfterMs: sometimes\n  clearNetAfterMsFor:\n    - {domain: a.test, clearNetAfterMs: 0}\n    - {domain: b.test}\n',
    complaints: [
      '2:20: outage.clearNetAfterMs: must be never, or milliseconds as a whole number from 1 to 432000000, not the text "sometimes"',
      '4:41: outage.clearNetAfterMsFor[0].clearNetAfterMs: must be at least 1, not the number 0',
      '5:7: outage.clearNetAfterMsFor[1].clearNetAfterMs: this key is missing',
    ],
  },
  {
    why: 'a memory of minus one day',
    text: 'memory: {keepDays: -1}\n',
    complaints: ['1:20: memory.keepDays: must be at least 0, not the number -1'],
  },
  {
    why: 'an unknown level',
    text: 'log: {level: loud}\n',
    complaints: ['1:14: log.level: must be debug, info, warn or error, not the text "loud"'],
  },
  {
    why: 'an unknown choice',
    text: 'tor: {use: system}\n',
    complaints: ['1:12: tor.use: must be managed or running, not the text "system"'],
  },
  // addresses
  {
    why: 'strangers must not ask',
    text: 'lookup:\n  socketmap: ["unix:/run/m", "0.0.0.0:2525"]\n',
    complaints: [
      '2:30: lookup.socketmap[1]: "0.0.0.0:2525" is not on this host: use 127.0.0.1, [::1] or unix:/path',
    ],
  },
  {
    why: 'strangers must not deliver',
    text: 'delivery: {routingEndpoint: "192.0.2.1:2600"}\n',
    complaints: [
      '1:29: delivery.routingEndpoint: "192.0.2.1:2600" is not on this host: use 127.0.0.1, [::1] or unix:/path',
    ],
  },
  {
    why: 'mail must not go to a Tor elsewhere in the clear',
    text: 'tor: {use: running, socks: "192.0.2.1:9050"}\n',
    complaints: ['1:28: tor.socks: "192.0.2.1:9050" is not on this host: use 127.0.0.1, [::1] or unix:/path'],
  },
  {
    why: 'a host name depends on a resolver',
    text: 'lookup: {tcpTable: ["localhost:2526"]}\n',
    complaints: [
      '1:21: lookup.tcpTable[0]: "localhost:2526" is no socket address: write unix:/absolute/path or IP-ADDRESS:PORT',
    ],
  },
  {
    why: 'an address without quotes that YAML takes for a number',
    text: 'lookup: {tcpTable: [2526]}\n',
    complaints: ['1:21: lookup.tcpTable[0]: must be a text, not the number 2526 (write it in quotes)'],
  },
  {
    why: 'a port that is any port',
    text: 'lookup: {tcpTable: ["127.0.0.1:0"]}\n',
    complaints: ['1:21: lookup.tcpTable[0]: "127.0.0.1:0" has the port 0'],
  },
  {
    why: 'a relative socket path',
    text: 'lookup: {socketmap: ["unix:map.sock"]}\n',
    complaints: [
      '1:22: lookup.socketmap[0]: "unix:map.sock" is no socket address: the path must be absolute',
    ],
  },
  {
    why: 'a resolver by name',
    text: 'dns:\n  resolvers: [dns.example.org]\n',
    complaints: [
      '2:15: dns.resolvers[0]: "dns.example.org" is no resolver: write IP, IP:PORT, tcp://IP, tls://IP#NAME or https://IP/dns-query#NAME, or through Tor: tor+tcp://HOST, tor+tls://HOST or tor+https://HOST/dns-query',
    ],
  },
  {
    why: 'a resolver on a Unix-domain socket',
    text: 'dns: {resolvers: ["unix:/run/dns"]}\n',
    complaints: [
      '1:19: dns.resolvers[0]: "unix:/run/dns" is no resolver: write IP, IP:PORT, tcp://IP, tls://IP#NAME or https://IP/dns-query#NAME, or through Tor: tor+tcp://HOST, tor+tls://HOST or tor+https://HOST/dns-query',
    ],
  },
  {
    why: 'a resolver that cannot be',
    text: 'dns: {resolvers: ["127.0.0.1:0", "127.0.0.256"]}\n',
    complaints: [
      '1:19: dns.resolvers[0]: "127.0.0.1:0" has the port 0: write one from 1 to 65535',
      '1:34: dns.resolvers[1]: "127.0.0.256" is no resolver: write IP, IP:PORT, tcp://IP, tls://IP#NAME or https://IP/dns-query#NAME, or through Tor: tor+tcp://HOST, tor+tls://HOST or tor+https://HOST/dns-query',
    ],
  },
  {
    why: 'a resolver through exits of a Tor that is not known to have any',
    text: 'dns: {resolvers: [192.0.2.1, tor+tls://dns.example]}\ntor: {use: running}\n',
    complaints: [
      '1:30: dns.resolvers[1]: goes through exits of Tor: set tor.exitSocks to a SocksPort of that Tor without OnionTrafficOnly',
    ],
  },
  // other texts
  {
    why: 'a mode without quotes is another number',
    text: 'sockets:\n  mode: 0660\n',
    complaints: ['2:9: sockets.mode: must be a text, not the number 660 (write it in quotes)'],
  },
  {
    why: 'a mode that is none',
    text: 'sockets: {mode: "0689"}\n',
    complaints: ['1:17: sockets.mode: "0689" is no mode: write three octal digits, such as "0660"'],
  },
  {
    why: 'no group has this name',
    text: 'sockets: {group: "a:b"}\n',
    complaints: ['1:18: sockets.group: must be the name of a group, not "a:b"'],
  },
  {
    why: 'own domains are names, not addresses',
    text: 'domains:\n  own:\n    - example.org\n    - bob@example.org\n    - 192.0.2.1\n',
    complaints: [
      '4:7: domains.own[1]: "bob@example.org" is no domain name: the label "bob@example" is not allowed',
      '5:7: domains.own[2]: "192.0.2.1" is no domain name: its last label is a number, as in an IP address',
    ],
  },
  {
    why: 'a relative path depends on where one stands',
    text: 'map: [map.yml]\nstateFolder: state\n',
    complaints: [
      '1:7: map[0]: must be an absolute path, not "map.yml"',
      '2:14: stateFolder: must be an absolute path, not "state"',
    ],
  },
  {
    why: 'a colon would change what the answer to Postfix means',
    text: 'lookup: {transport: "onion:unix"}\n',
    complaints: ['1:21: lookup.transport: must be the name of a master.cf service, not "onion:unix"'],
  },
  {
    why: 'Postfix would take the comma for the end of a nexthop',
    text: 'delivery: {nexthopPrefix: "a,b"}\n',
    complaints: ['1:27: delivery.nexthopPrefix: must be a path without blanks and commas, not "a,b"'],
  },
  {
    why: 'a longer socket path would be cut',
    text: `delivery: {endpointFolder: ${long}}\n`,
    complaints: [
      `1:28: delivery.endpointFolder: ${long} has 121 bytes (31 at most: with the name of an endpoint a socket path must not exceed 107)`,
    ],
  },
  {
    why: "tor's sockets would have too long a path",
    text: `stateFolder: ${long}\n`,
    complaints: [
      `1:14: stateFolder: ${long} has 121 bytes (95 at most: with /tor/control a socket path must not exceed 107)`,
    ],
  },
  {
    why: 'a greeting with a line end would be two commands',
    text: 'delivery: {heloName: "a\\r\\nRSET"}\n',
    complaints: [
      '1:22: delivery.heloName: must be a domain name or an address in brackets, not "a\\r\\nRSET"',
    ],
  },
  {
    why: 'a torrc line is one line',
    text: 'tor:\n  program: ""\n  extraTorrc: ["Log notice\\nSocksPort 0.0.0.0:9050"]\n',
    complaints: [
      '2:12: tor.program: must be the name or path of a program, not ""',
      '3:16: tor.extraTorrc[0]: must be a single line, not "Log notice\\nSocksPort 0.0.0.0:9050"',
    ],
  },
  // several at once
  {
    why: 'all complaints at once, from top to bottom',
    text: 'tor: {use: x}\nlog: {levels: info, level: x}\nmap: x\nmap: []\n',
    complaints: [
      '1:12: tor.use: must be managed or running, not the text "x"',
      '2:7: unknown key log.levels: did you mean level?',
      '2:28: log.level: must be debug, info, warn or error, not the text "x"',
      '4:1: this key stands here a second time',
    ],
  },
];

testBadConfigs(badConfigs);
