import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHiddenServices } from '../../src/mail-host/hidden-services.ts';
import { parsePostfixListeners } from '../../src/mail-host/postfix-listeners.ts';
import { readMailHost } from '../../src/mail-host/read-mail-host.ts';
import {
  describeUntried,
  findOtherTargets,
  findTargets,
  formatRelayTarget,
} from '../../src/relay-check/relay-target.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { onionListener, publicListener } from './postfix-configuration.ts';

const onion = makeOnionAddress(1);
const submission = 'submission inet n - y - - smtpd';
const submissions = 'submissions inet n - y - - smtpd';
const listeners = parsePostfixListeners(
  `${publicListener}\n${onionListener()}\n${submission}\n${submissions}\n`,
  'inet_interfaces = all\n',
).map((listener) => ({ ...listener, isTlsOnly: listener.name === 'submissions' }));

function servicesOf(torrc: string, onionAddress: typeof onion | undefined) {
  return parseHiddenServices(torrc).map((service) => ({ ...service, onionAddress }));
}

function targetsOf(torrc: string, onionAddress: typeof onion | undefined): string[] {
  const services = servicesOf(torrc, onionAddress);
  return findTargets(listeners, services).map(formatRelayTarget);
}

test('each onion service through Tor, and each listener behind one as Tor comes to it', () => {
  const torrc = `HiddenServiceDir /a
HiddenServicePort 25 127.0.0.1:2515
HiddenServicePort 2525 127.0.0.1:25
HiddenServicePort 587 127.0.0.1:2515
HiddenServicePort 80 127.0.0.1:8080
`;
  assert.deepEqual(targetsOf(torrc, onion), [
    `${onion}:25`,
    'proxy:127.0.0.1:2515',
    `${onion}:2525`,
    '127.0.0.1:25',
    `${onion}:587`,
  ]);
});

test('a service whose address is not known: its listener alone', () => {
  assert.deepEqual(targetsOf('HiddenServiceDir /a\nHiddenServicePort 25 127.0.0.1:2515\n', undefined), [
    'proxy:127.0.0.1:2515',
  ]);
});

test('the listeners that no onion service leads to, as a local process reaches them', () => {
  const services = servicesOf('HiddenServiceDir /a\nHiddenServicePort 25 127.0.0.1:2515\n', onion);
  assert.deepEqual(findOtherTargets(listeners, services).map(formatRelayTarget), [
    '127.0.0.1:25',
    '[::1]:25',
    '127.0.0.1:587',
    '[::1]:587',
  ]);
});

test('what cannot be tried from here is named, with the reason', () => {
  const outside = { kind: 'tcp', host: '192.0.2.5', port: 25 } as const;
  const [usual] = listeners;
  assert.ok(usual !== undefined);
  const all = [...listeners, { ...usual, name: 'outside', addresses: [outside] }];
  const tls = 'submissions: it speaks TLS from the first byte';
  assert.deepEqual(describeUntried(all, []), [tls, 'outside: it has no loopback address']);
  const services = servicesOf('HiddenServiceDir /a\nHiddenServicePort 25 192.0.2.5:25\n', onion);
  assert.deepEqual(describeUntried(all, services), [tls]);
  assert.deepEqual(targetsOf('HiddenServiceDir /a\nHiddenServicePort 465 127.0.0.1:465\n', onion), []);
});

test('a torrc that was named must be there', async (t) => {
  const torrc = `${makeTemporaryFolder(t)}/torrc`;
  await assert.rejects(readMailHost({ torrc, postfix: undefined, torrcLines: [] }), {
    code: 'torrc-unreadable',
    message: /^cannot read the torrc: ENOENT/,
    hint: /--torrc/,
  });
});

test('Postfix that cannot be asked', async (t) => {
  const folder = makeTemporaryFolder(t);
  await assert.rejects(readMailHost({ torrc: '/dev/null', postfix: `${folder}/none`, torrcLines: [] }), {
    code: 'postfix-unreadable',
    hint: /name what is to be tried/,
  });
});
