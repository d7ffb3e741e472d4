import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { OnionmxError } from '../../src/errors.ts';
import {
  formatResolverAddress,
  isResolverOnThisHost,
  parseResolverAddress,
  type ResolverAddress,
} from '../../src/protocol/dns-resolver-address.ts';
import { makeOnionAddress } from '../made-up-onions.ts';

const onion = makeOnionAddress(1);
const typo = `${onion.startsWith('a') ? 'b' : 'a'}${onion.slice(1)}`;
const direct = { isOverTor: false } as const;
const overTor = { isOverTor: true } as const;
const name = 'dns.example';

const rows: readonly (readonly [text: string, address: ResolverAddress])[] = [
  ['192.0.2.1', { transport: 'udp', host: '192.0.2.1', port: 53, ...direct }],
  ['192.0.2.1:5353', { transport: 'udp', host: '192.0.2.1', port: 5353, ...direct }],
  ['2001:db8::1', { transport: 'udp', host: '2001:db8::1', port: 53, ...direct }],
  ['::1', { transport: 'udp', host: '::1', port: 53, ...direct }],
  ['[2001:db8::1]', { transport: 'udp', host: '2001:db8::1', port: 53, ...direct }],
  ['[2001:db8::1]:5353', { transport: 'udp', host: '2001:db8::1', port: 5353, ...direct }],
  ['tcp://192.0.2.1', { transport: 'tcp', host: '192.0.2.1', port: 53, ...direct }],
  ['tcp://[::1]:5353', { transport: 'tcp', host: '::1', port: 5353, ...direct }],
  ['tls://192.0.2.1#DNS.example', { transport: 'tls', host: '192.0.2.1', port: 853, name, ...direct }],
  ['tls://[::1]:8853#dns.example', { transport: 'tls', host: '::1', port: 8853, name, ...direct }],
  [
    'https://192.0.2.1/dns-query#dns.example',
    { transport: 'https', host: '192.0.2.1', port: 443, name, path: '/dns-query', ...direct },
  ],
  [
    'https://192.0.2.1:8443/a/b?c=d#dns.example',
    { transport: 'https', host: '192.0.2.1', port: 8443, name, path: '/a/b?c=d', ...direct },
  ],
  ['tor+tcp://192.0.2.1', { transport: 'tcp', host: '192.0.2.1', port: 53, ...overTor }],
  [`tor+tcp://${onion}`, { transport: 'tcp', host: onion, port: 53, ...overTor }],
  [`tor+tcp://dns.${onion.toUpperCase()}`, { transport: 'tcp', host: onion, port: 53, ...overTor }],
  ['tor+tls://Dns.Example', { transport: 'tls', host: name, port: 853, name, ...overTor }],
  [
    'tor+tls://dns.example#other.example',
    { transport: 'tls', host: name, port: 853, name: 'other.example', ...overTor },
  ],
  ['tor+tls://192.0.2.1#dns.example', { transport: 'tls', host: '192.0.2.1', port: 853, name, ...overTor }],
  [`tor+tls://${onion}`, { transport: 'tls', host: onion, port: 853, name: onion, ...overTor }],
  [`tor+tls://${onion}:443#dns.example`, { transport: 'tls', host: onion, port: 443, name, ...overTor }],
  [
    'tor+https://dns.example/dns-query',
    { transport: 'https', host: name, port: 443, name, path: '/dns-query', ...overTor },
  ],
  [
    'tor+https://dns.bücher.example/q',
    {
      transport: 'https',
      host: 'dns.xn--bcher-kva.example',
      port: 443,
      name: 'dns.xn--bcher-kva.example',
      path: '/q',
      ...overTor,
    },
  ],
];

for (const [text, address] of rows) {
  test(`${text} is read, and what is written for it means the same`, () => {
    assert.deepEqual(parseResolverAddress(text), address);
    assert.deepEqual(parseResolverAddress(formatResolverAddress(address)), address);
  });
}

for (const [text, written] of [
  ['192.0.2.1', '192.0.2.1:53'],
  ['tor+tls://dns.example', 'tor+tls://dns.example:853'],
  ['https://192.0.2.1/q#dns.example', 'https://192.0.2.1:443/q#dns.example'],
] as const) {
  test(`${text} is written ${written}`, () => {
    assert.equal(formatResolverAddress(parseResolverAddress(text)), written);
  });
}

const wrong: readonly (readonly [text: string, says: RegExp])[] = [
  ['', /is no resolver: write IP, IP:PORT, tcp:/],
  ['dns.example', /is no resolver/],
  ['192.0.2.256', /is no resolver/],
  ['192.0.2.1:0', /has the port 0: write one from 1/],
  ['192.0.2.1:99999', /has the port 99999/],
  ['192.0.2.1#dns.example', /is no resolver/],
  [onion, /is no resolver/],
  ['quic://192.0.2.1', /is no resolver/],
  ['TLS://192.0.2.1#dns.example', /is no resolver/],
  ['constructor://192.0.2.1', /is no resolver/],
  ['udp://192.0.2.1', /write 192\.0\.2\.1 alone, for UDP/],
  ['tor+udp://192.0.2.1', /Tor carries no UDP; write tor\+tcp:/],
  ['tcp://', /has no host that can be read/],
  ['tcp://2001:db8::1', /IPv6 in brackets/],
  ['tcp://192.0.2.1:x', /has no host that can be read/],
  ['tcp://192.0.2.1:65536', /has the port 65536/],
  ['tcp://dns.example', /nobody is there to look it up: write tcp:\/\/IP, or through Tor tor\+tcp:\/\/dns/],
  ['tls://dns.example', /write tls:\/\/IP…#dns\.example, or through Tor tor\+tls:\/\/dns\.example/],
  ['https://dns.example/dns-query', /write https:\/\/IP…#dns\.example, or through Tor tor\+https:/],
  [`tls://${onion}`, /is an onion address: write tor\+tls:/],
  ['tls://192.0.2.1', /does not say which name its certificate must have: write #NAME/],
  ['tor+tls://192.0.2.1', /does not say which name/],
  ['tls://192.0.2.1#', /has no right name: "" is no domain name/],
  ['tls://192.0.2.1#192.0.2.1', /has no right name: .* as in an IP address/],
  ['tls://192.0.2.1#a..b', /has no right name: .*empty label/],
  ['tls://192.0.2.1/x#dns.example', /has a path, which only https has: leave \/x out/],
  ['tcp://192.0.2.1#dns.example', /names a certificate, and TCP has none: leave #dns\.example out/],
  ['https://192.0.2.1#dns.example', /has no path: write \/dns-query behind the host/],
  ['https://192.0.2.1/#dns.example', /has no path/],
  ['https://192.0.2.1/dns-query{?dns}#dns.example', /write it without \{…\}/],
  ['https://192.0.2.1/a b#dns.example', /has a path that cannot be sent/],
  ['tor+tls://user@dns.example', /has no right name/],
  [`tor+tls://${typo}`, /has no right name: .*wrong checksum/],
  ['tor+tcp://expyuzz4wqqyqhjn.onion', /version 2/],
  ['tor+https://bad_name/dns-query', /has no right name/],
];

for (const [text, says] of wrong) {
  test(`${JSON.stringify(text)} is refused, with what is right`, () => {
    assert.throws(
      () => parseResolverAddress(text),
      (error) => {
        assert.ok(error instanceof OnionmxError && error.code === 'config-invalid');
        assert.match(error.message, says);
        assert.ok(error.message.startsWith(JSON.stringify(text)));
        return true;
      },
    );
  });
}

for (const [text, isOnThisHost] of [
  ['127.0.0.1', true],
  ['127.0.0.53:5353', true],
  ['::1', true],
  ['tls://127.0.0.1#dns.example', true],
  ['192.0.2.1', false],
  ['tor+tcp://127.0.0.1', false],
  ['tor+tls://localhost.example', false],
] as const) {
  test(`${text} is ${isOnThisHost ? '' : 'not '}on this host`, () => {
    assert.equal(isResolverOnThisHost(parseResolverAddress(text)), isOnThisHost);
  });
}

test('any text becomes an address that is written as it is read, or a complaint', () => {
  const scheme = fc.constantFrom(
    '',
    'tcp://',
    'tls://',
    'https://',
    'tor+tcp://',
    'tor+tls://',
    'tor+https://',
  );
  const part = fc.constantFrom(
    '192.0.2.1',
    'a.example',
    '[::1]',
    ':53',
    '/q',
    '#',
    'b.example',
    '@',
    '//',
    '%',
  );
  const text = fc
    .tuple(scheme, fc.array(part, { maxLength: 5 }))
    .map(([head, parts]) => head + parts.join(''));
  fc.assert(
    fc.property(text, (written) => {
      const address = tryParse(written);
      if (address === undefined) return;
      assert.deepEqual(parseResolverAddress(formatResolverAddress(address)), address);
      assert.equal(address.isOverTor, written.startsWith('tor+'));
    }),
    { numRuns: 3000 },
  );
});

function tryParse(text: string): ResolverAddress | undefined {
  try {
    return parseResolverAddress(text);
  } catch (error) {
    assert.ok(error instanceof OnionmxError && error.code === 'config-invalid');
    return undefined;
  }
}
