import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import { formatProof, type SignedProof } from '../../../src/protocol/proof-signature.ts';
import { encodeProofTxt } from '../../../src/protocol/proof-txt.ts';
import { createProofFetcher, type PublishedProofs } from '../../../src/routing/trust/published-proofs.ts';
import type { Lookup } from '../../../src/routing/dns/resolver.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import {
  day,
  makeProof,
  makeStatement,
  net,
  newYear,
  org,
  signStatement,
} from '../../protocol/made-up-proofs.ts';

const provenance = { authenticated: true, ttlSeconds: 60, resolver: '127.0.0.1:53', chain: [] };
const noRecord: Lookup<'TXT'> = { kind: 'none', why: 'nxdomain', ...provenance };
const proof = makeProof();
const [firstOnion, secondOnion] = [makeOnionAddress(1), makeOnionAddress(2)];
const second = signStatement(makeStatement({ onionAddress: secondOnion, ports: [25] }), 2);

function records(texts: readonly string[], change: Partial<typeof provenance> = {}): Lookup<'TXT'> {
  const of = texts.map((text) => ({ owner: `_onion-mx-proof.${org}`, ttlSeconds: 60, text }));
  return { kind: 'records', records: of, ...provenance, ...change };
}

function txtOf(signed: SignedProof): string {
  return encodeProofTxt(formatProof(signed)).join('');
}

async function fetchFor(
  file: string | OnionmxError | undefined,
  lookup: Lookup<'TXT'> = noRecord,
  domain = org,
): Promise<PublishedProofs> {
  const names: string[] = [];
  const fetch = createProofFetcher({
    getFile: (asked) => {
      assert.equal(asked, domain);
      if (file instanceof OnionmxError) return Promise.reject(file);
      return Promise.resolve(file === undefined ? undefined : Buffer.from(file));
    },
    askTxt: (name) => {
      names.push(name);
      return Promise.resolve(lookup);
    },
    nowSeconds: () => newYear + day,
  });
  const found = await fetch(domain);
  assert.deepEqual(names, [`_onion-mx-proof.${domain}`]);
  return found;
}

function numberOf(address: string): number {
  return address === firstOnion ? 1 : 2;
}

/** `https <onion 1>`, and the code of what is refused. */
function summarise({ proofs, refused, places }: PublishedProofs): string {
  return [
    `${places.https.kind} ${places.dns.kind}`,
    ...proofs.map(({ by, onionAddress }) => `${by} ${numberOf(onionAddress)}`),
    ...refused.map(({ by, error }) => `${by} ${error.code}`),
  ].join(', ');
}

const older = makeProof({ issuedSeconds: newYear - day });
const text = formatProof(proof);
const rows: readonly [
  why: string,
  file: string | OnionmxError | undefined,
  lookup: Lookup<'TXT'>,
  expected: string,
][] = [
  ['nothing anywhere', undefined, noRecord, 'none none'],
  ['a file', text, noRecord, 'found none, https 1'],
  ['a file with two', text + formatProof(second), noRecord, 'found none, https 1, https 2'],
  ['a record that is signed', undefined, records([txtOf(proof)]), 'none found, dns 1'],
  ['both places', text, records([txtOf(proof)]), 'found found, https 1, dns 1'],
  ['other records beside it', undefined, records(['v=spf1 -all', txtOf(second)]), 'none found, dns 2'],
  ['other records alone', undefined, records(['v=spf1 -all']), 'none none'],
  // anybody on the way can make these up, and sign for an onion service of his own
  ['a record that is not signed', undefined, records([txtOf(second)], { authenticated: false }), 'none none'],
  ['an older one is still in DNS', text, records([txtOf(older)]), 'found found, https 1, dns proof-replayed'],
  [
    'an older one is still in the file',
    formatProof(older) + text,
    noRecord,
    'found none, https 1, https proof-replayed',
  ],
  [
    'an older one of another onion service stays',
    formatProof(older) + formatProof(second),
    noRecord,
    'found none, https 1, https 2',
  ],
  ['a page that says sorry with 200', '<html>sorry</html>', noRecord, 'found none, https proof-malformed'],
  ['an empty file', '', noRecord, 'found none, https proof-malformed'],
  ['a good one behind a bad one', `x\n${text}`, noRecord, 'found none, https 1, https proof-malformed'],
  ['too many', text.repeat(40), noRecord, 'found none, https proof-malformed'],
  [
    'one byte is changed',
    text.replace('port 25\n', 'port 26\n'),
    noRecord,
    'found none, https proof-bad-signature',
  ],
  [
    'signed by another key than its onion address',
    formatProof(signStatement(makeStatement(), 2)),
    noRecord,
    'found none, https proof-bad-signature',
  ],
  [
    'it has expired',
    formatProof(makeProof({ expiresSeconds: newYear + day })),
    noRecord,
    'found none, https proof-expired',
  ],
  [
    'it is of another domain',
    formatProof(makeProof({ domains: [net] })),
    noRecord,
    'found none, https proof-wrong-domain',
  ],
  [
    'a record that is cut off',
    undefined,
    records([txtOf(proof).slice(0, -7)]),
    'none found, dns proof-malformed',
  ],
  ['no TLS with the host', new OnionmxError('download-failed', 'no TLS'), noRecord, 'failed none'],
  [
    'DNS fails, the file is there',
    text,
    { kind: 'failed', why: 'timeout', detail: 'no answer', resolver: '127.0.0.1:53' },
    'found failed, https 1',
  ],
  [
    'a CNAME that leads nowhere',
    undefined,
    { kind: 'dead-end', target: 'x.onion', reason: 'under .onion', ...provenance },
    'none none',
  ],
];

for (const [why, file, lookup, expected] of rows) {
  test(`published proofs: ${why}`, async () => {
    assert.equal(summarise(await fetchFor(file, lookup)), expected);
  });
}

test('what holds is told whole', async () => {
  const { proofs, places } = await fetchFor(text);
  assert.deepEqual(proofs, [
    {
      onionAddress: firstOnion,
      ports: [25, 2525],
      issuedSeconds: newYear,
      expiresSeconds: newYear + 90 * day,
      by: 'https',
    },
  ]);
  assert.deepEqual(places.https, { kind: 'found', said: 'one proof' });
});

test('an answer that is not signed is told as such', async () => {
  const { places } = await fetchFor(undefined, records([txtOf(proof)], { authenticated: false }));
  assert.match(places.dns.said, /^one proof, but no trusted resolver says that DNSSEC protects the answer/);
});

test('without a Tor way to the clear net the file is not asked for', async () => {
  const fetch = createProofFetcher({
    getFile: undefined,
    askTxt: () => Promise.resolve(noRecord),
    nowSeconds: () => newYear,
  });
  const { places } = await fetch(org);
  assert.equal(places.https.kind, 'not-asked');
  assert.match(places.https.said, /set tor\.exitSocks/);
});
