/** `onionmx check relay` on real Postfix: the naive onion service is an open relay, ours is none; and twenty listeners more. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type CheckRelayOptions, runCheckRelayCommand } from '../../src/commands/check-relay.ts';
import { onionListenerOptions } from '../../src/mail-host/onion-listener.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { rootEnvironment } from '../config/made-up-environment.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { type Bed, startBed } from './bed/start-bed.ts';

const skip = bedSkip();
const [naivePort, onionPort, catchAllPort, firstPort] = [2502, 2515, 2516, 2601];
/** Lets in what the restriction lets in, and nobody else. */
function before(restriction: string): string {
  return `smtpd_relay_restrictions=${restriction},reject_unauth_destination`;
}

/** Each is a listener of its own; the settings come after those of the right one. */
const listeners: readonly [verdict: 'open' | 'closed', why: string, ...settings: string[]][] = [
  ['open', "mynetworks with Tor's range", 'mynetworks=[fc00::]/7', before('permit_mynetworks')],
  ['open', 'mynetworks with the whole world', 'mynetworks=0.0.0.0/0,[::]/0', before('permit_mynetworks')],
  [
    'open',
    'a trial that was left on',
    before('warn_if_reject'),
    'smtpd_recipient_restrictions=check_client_access,static:OK,reject',
  ],
  ['open', 'the own domain trusted as a sender', before('check_sender_access,inline:{example.test=OK}')],
  ['open', 'a partner trusted as a sender', before('check_sender_access,inline:{example.net=OK}')],
  [
    'open',
    'the null sender trusted',
    'smtpd_null_access_lookup_key=null',
    before('check_sender_access,inline:{null=OK}'),
  ],
  ['open', 'any client trusted for its HELO', before('check_helo_access,static:OK')],
  ['open', 'a HELO of loopback trusted', before('check_helo_access,inline:{[127.0.0.1]=OK}')],
  ['open', 'a client trusted for its address', before('check_client_access,static:OK')],
  ['open', 'a recipient domain trusted', before('check_recipient_access,inline:{example.com=OK}')],
  ['closed', 'the listener of our page'],
  [
    'closed',
    "Debian's own restrictions, which refuse for now",
    'smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,defer_unauth_destination',
  ],
  ['closed', 'every refusal is one for now', 'soft_bounce=yes'],
  ['closed', 'strict about syntax', 'strict_rfc821_envelopes=yes'],
  ['closed', 'strict about senders', 'smtpd_sender_restrictions=reject_non_fqdn_sender'],
  ['closed', 'senders must exist', 'smtpd_reject_unlisted_sender=yes'],
  ['closed', 'it refuses at once', 'smtpd_delay_reject=no'],
  ['closed', 'no SMTPUTF8', 'smtputf8_enable=no'],
  ['closed', 'few extensions', 'smtpd_discard_ehlo_keywords=enhancedstatuscodes,pipelining,smtputf8'],
  [
    'closed',
    'networks that strangers do not come from',
    'mynetworks=192.0.2.0/24',
    before('permit_mynetworks'),
  ],
];

function service(port: number, settings: readonly string[]): string {
  const overrides = [...onionListenerOptions, ...settings].map((setting) => `-o ${setting}`);
  return `127.0.0.1:${port} inet n - n - - smtpd ${overrides.join(' ')}`;
}

function startRelayBed(): Promise<Bed> {
  return startBed({
    clientTor: true,
    onionHosts: [
      { name: 'naive', ports: [{ onionPort: 25, target: `127.0.0.1:${naivePort}` }] },
      {
        name: 'guarded',
        ports: [{ onionPort: 25, target: `127.0.0.1:${onionPort}` }],
        extraLines: ['HiddenServiceExportCircuitID haproxy'],
      },
    ],
    postfix: [
      {
        name: 'r',
        hostname: 'mx.example.test',
        ownDomains: ['example.test'],
        listenPorts: [naivePort],
        clearNetNexthop: '[127.0.0.1]:9', // nothing is ever sent
        mainCf: ['virtual_mailbox_maps = inline:{postmaster@example.test=all/}'],
        masterCf: [
          service(onionPort, []),
          ...listeners.map(([, , ...settings], index) => service(firstPort + index, settings)),
        ],
      },
      {
        name: 'c', // any user of its domain is accepted
        hostname: 'mx2.example.test',
        ownDomains: ['example.test'],
        listenPorts: [],
        clearNetNexthop: '[127.0.0.1]:9',
        masterCf: [service(catchAllPort, [])],
      },
    ],
  });
}

describe('check relay', { skip }, async () => {
  const bed = skip === false ? await startRelayBed() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;

  async function run(change: Partial<CheckRelayOptions>) {
    const tor = `tor: {use: running, socks: "unix:${bed?.clientTor().socksPath}"}`;
    const config = parseConfig(`${tor}\ndomains: {own: [example.test]}\n`, 'test', rootEnvironment);
    let text = '';
    const none = { targets: [], domain: undefined, torrc: undefined, postfix: undefined };
    const options = { ...none, list: false, json: true, config, ...change };
    const code = await runCheckRelayCommand(options, (more) => void (text += more));
    return { code, ...JSON.parse(text) };
  }

  async function check(target: string) {
    const { code, targets } = await run({ targets: [target] });
    const [{ verdict, doubts, attempts, error }] = targets;
    const accepted: string[] = attempts
      .filter(({ finding }: { finding: string }) => finding === 'accepted')
      .map(({ id }: { id: string }) => id);
    return { code, verdict, doubts, accepted, error };
  }

  test('an onion service that leads to the usual listener is an open relay, through Tor', async () => {
    const { code, verdict, accepted } = await check(bed.onionHost('naive').onionAddress);
    assert.deepEqual([code, verdict], [77, 'open']);
    assert.ok(accepted.includes('plain') && accepted.includes('null-sender'));
  });

  test('our listener is none, through Tor', async () => {
    const result = await check(bed.onionHost('guarded').onionAddress);
    assert.deepEqual([result.verdict, result.accepted, result.doubts, result.code], ['closed', [], [], 0]);
  });

  for (const [name, severity, verdicts, code] of [
    ['naive', 'open', ['open', 'open'], 77],
    ['guarded', 'fine', ['closed', 'closed'], 0],
  ] as const) {
    test(`what is to be tried is found from the configurations, and they say beforehand what comes out: ${name}`, async () => {
      const torrc = `${bed.onionHost(name).dataFolder}/torrc`;
      const found = await run({ torrc, postfix: bed.postfix('r').configDirectory });
      assert.deepEqual(
        found.findings.map((finding: { severity: string }) => finding.severity),
        [severity],
        JSON.stringify(found.findings),
      );
      const [through, behind] = found.targets;
      assert.deepEqual([through.verdict, behind.verdict], verdicts);
      assert.equal(through.target, `${bed.onionHost(name).onionAddress}:25`);
      assert.equal(behind.target.startsWith('proxy:'), name === 'guarded');
      assert.equal(found.code, code);
    });
  }

  test('a local process is trusted by the usual listener', async () => {
    assert.equal((await check(`127.0.0.1:${naivePort}`)).verdict, 'open');
  });

  for (const [index, [verdict, why]] of listeners.entries()) {
    test(`${verdict}: ${why}`, async () => {
      const result = await check(`proxy:127.0.0.1:${firstPort + index}`);
      assert.equal(result.verdict, verdict, JSON.stringify(result));
    });
  }

  test('closed: any user is accepted, but Postfix passes nothing on that a user name holds', async () => {
    const { verdict, accepted } = await check(`proxy:127.0.0.1:${catchAllPort}`);
    assert.deepEqual([verdict, accepted], ['closed', []]);
  });

  test('a listener that does not answer is no verdict', async () => {
    const { code, verdict, error } = await check('127.0.0.1:9');
    assert.deepEqual([code, verdict, error.code], [71, null, 'connect-failed']);
  });
});
