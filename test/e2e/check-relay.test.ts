/** `onionmx check relay` on real Postfix: the naive onion service is an open relay, ours is none; and two dozen listeners more. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { type CheckRelayOptions, runCheckRelayCommand } from '../../src/commands/relay/check-relay.ts';
import { onionListenerOptions } from '../../src/mail-host/onion-listener.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { rootEnvironment } from '../config/made-up-environment.ts';
import { askPostconf } from '../../src/mail-host/ask-postconf.ts';
import { parseHiddenServices } from '../../src/mail-host/hidden-services.ts';
import { parsePostfixListeners } from '../../src/mail-host/postfix-listeners.ts';
import { auditReceiving } from '../../src/relay-check/audit.ts';
import { connectLocally, talkSmtp } from './bed/exim-talk.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { type Bed, startBed } from './bed/start-bed.ts';
import { attacks, listeners } from './relay-listeners.ts';

const skip = bedSkip();
const [naivePort, onionPort, catchAllPort, submissionPort, submissionsPort] = [2502, 2515, 2516, 2587, 2465];
const [firstPort, firstAttackPort] = [2601, 2651];
function service(port: number, settings: readonly string[]): string {
  const overrides = [...onionListenerOptions(), ...settings].map((setting) => `-o ${setting}`);
  return `127.0.0.1:${port} inet n - n - - smtpd ${overrides.join(' ')}`;
}

/** As JSON tells it. */
interface Tried {
  readonly target: string;
  readonly verdict: string | null;
  readonly doubts: readonly string[];
  readonly isLocalOnly: boolean;
  readonly attempts: readonly { readonly id: string; readonly finding: string }[];
}

function acceptedIds({ attempts }: Tried): string[] {
  return attempts.filter(({ finding }) => finding === 'accepted').map(({ id }) => id);
}

function plainService(port: number, setting: string): string {
  return `127.0.0.1:${port} inet n - n - - smtpd -o ${setting}`;
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
          ...listeners.map(({ settings }, index) => service(firstPort + index, settings)),
          ...attacks.map(({ settings }, index) => service(firstAttackPort + index, settings)),
        ],
      },
      {
        name: 'c', // any user of its domain is accepted
        hostname: 'mx2.example.test',
        ownDomains: ['example.test'],
        listenPorts: [],
        clearNetNexthop: '[127.0.0.1]:9',
        masterCf: [
          service(catchAllPort, []),
          plainService(submissionPort, 'smtpd_relay_restrictions=permit_sasl_authenticated,reject'),
          plainService(submissionsPort, 'smtpd_tls_wrappermode=yes'),
        ],
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
    const [tried] = targets;
    const { verdict, doubts, error } = tried;
    const accepted = acceptedIds(tried);
    return { code, verdict, doubts, accepted, error };
  }

  for (const [what, name, severity, verdict, code] of [
    ['an onion service that leads to the usual listener is an open relay', 'naive', 'open', 'open', 77],
    ['our listener is none', 'guarded', 'fine', 'closed', 0],
  ] as const) {
    test(`${what}: the configurations say so beforehand, and then it is tried, through Tor and behind it`, async () => {
      const { onionAddress, dataFolder } = bed.onionHost(name);
      const postfix = bed.postfix('r').configDirectory;
      const found = await run({ torrc: `${dataFolder}/torrc`, postfix });
      assert.deepEqual(
        found.findings.map((finding: { severity: string }) => finding.severity),
        [severity],
        JSON.stringify(found.findings),
      );
      assert.deepEqual(
        found.targets.map((tried: Tried) => [tried.target, tried.verdict]),
        [
          [`${onionAddress}:25`, verdict],
          [name === 'guarded' ? `proxy:127.0.0.1:${onionPort}` : `127.0.0.1:${naivePort}`, verdict],
        ],
      );
      const accepted = acceptedIds(found.targets[0]);
      if (verdict === 'open') assert.ok(accepted.includes('plain') && accepted.includes('null-sender'));
      else assert.deepEqual([accepted, found.targets[0].doubts], [[], []]);
      assert.equal(found.code, code);
    });
  }

  test('a local process is trusted by the usual listener', async () => {
    assert.equal((await check(`127.0.0.1:${naivePort}`)).verdict, 'open');
  });

  async function audit(port: number, circuitId = 'haproxy'): Promise<string> {
    const folder = bed?.postfix('r').configDirectory;
    const torrc = `HiddenServiceDir /none\nHiddenServicePort 25 127.0.0.1:${port}\nHiddenServiceExportCircuitID ${circuitId}\n`;
    const found = parsePostfixListeners(await askPostconf(folder, '-Mx'), await askPostconf(folder, '-x'));
    return auditReceiving(found, parseHiddenServices(torrc))
      .map(({ severity }) => severity)
      .join(' ');
  }

  for (const [index, { verdict, why, audit: expected, differs }] of listeners.entries()) {
    test(`${verdict}: ${why}`, async () => {
      const result = await check(`proxy:127.0.0.1:${firstPort + index}`);
      assert.equal(result.verdict, verdict, JSON.stringify(result));
      const said = await audit(firstPort + index);
      assert.equal(said, expected);
      assert.equal(said === 'open', verdict === 'open' && differs === undefined, differs ?? 'they agree');
    });
  }

  for (const [index, { why, circuitId, audit: expected, firstLine, commands }] of attacks.entries()) {
    test(`an attack that the audit knows beforehand: ${why}`, async () => {
      const port = firstAttackPort + index;
      assert.equal(await audit(port, circuitId), expected);
      const replies = await talkSmtp(connectLocally(port), firstLine, commands);
      assert.match(replies.at(-1) ?? '', /^250 /, replies.join('\n'));
    });
  }

  test('closed: any user is accepted, but Postfix passes nothing on that a user name holds', async () => {
    const { verdict, accepted } = await check(`proxy:127.0.0.1:${catchAllPort}`);
    assert.deepEqual([verdict, accepted], ['closed', []]);
  });

  test('--all: submission without login refuses, TLS from the first byte is left out; neither is an alarm', async () => {
    const torrc = `${bed.folder}/torrc.all`;
    await writeFile(
      torrc,
      `HiddenServiceDir ${bed.folder}/none\nHiddenServicePort 25 127.0.0.1:${catchAllPort}\nHiddenServiceExportCircuitID haproxy\n`,
    );
    const places = { torrc, postfix: bed.postfix('c').configDirectory };
    const found = await run({ ...places, all: true });
    assert.deepEqual(found.untried, [`127.0.0.1:${submissionsPort}: it speaks TLS from the first byte`]);
    assert.deepEqual(
      found.targets.map(({ target, isLocalOnly }: { target: string; isLocalOnly: boolean }) => [
        target,
        isLocalOnly,
      ]),
      [
        [`proxy:127.0.0.1:${catchAllPort}`, false],
        [`127.0.0.1:${submissionPort}`, true],
      ],
    );
    assert.deepEqual(acceptedIds(found.targets[1]), []);
    assert.equal(found.code, 0);
    const few = await run(places);
    assert.deepEqual([few.targets.length, few.others], [1, [`127.0.0.1:${submissionPort}`]]);
  });

  test('one harmless message proves it, and only when it is asked for', async () => {
    const postfix = bed.postfix('r');
    assert.deepEqual(await postfix.queue(), []); // after all that was tried so far
    const { targets } = await run({ targets: [`127.0.0.1:${naivePort}`], prove: true });
    const { proof } = targets[0];
    assert.deepEqual(
      [proof.isTaken, proof.envelope],
      [true, { sender: '', recipient: 'onionmx-check@onionmx-check.invalid' }],
      JSON.stringify(proof),
    );
    await postfix.waitForLog(
      new RegExp(`${proof.queueId}: to=<onionmx-check@onionmx-check\\.invalid>`),
      20_000,
    );
    assert.equal((await postfix.logLines()).filter((line) => / from=<.*nrcpt=/.test(line)).length, 1);
    const refused = await run({ targets: [`proxy:127.0.0.1:${onionPort}`], prove: true });
    assert.equal(refused.targets[0].proof, null);
  });

  test('what is trusted for its recipient cannot be proved without a message to it, and none is sent', async () => {
    const index = listeners.findIndex(({ why }) => why === 'a recipient domain trusted');
    const { targets } = await run({ targets: [`proxy:127.0.0.1:${firstPort + index}`], prove: true });
    const { envelope: sent, isTaken, said } = targets[0].proof;
    assert.deepEqual([sent, isTaken], [null, false]);
    assert.match(said, /onionmx-check\.invalid: 554 5\.7\.1 .*Relay access denied/);
  });

  test('a listener that does not answer is no verdict', async () => {
    const { code, verdict, error } = await check('127.0.0.1:9');
    assert.deepEqual([code, verdict, error.code], [71, null, 'connect-failed']);
  });
});
