import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHiddenServices } from '../../src/mail-host/hidden-services.ts';
import { parsePostfixListeners } from '../../src/mail-host/postfix-listeners.ts';
import { readMailHost } from '../../src/mail-host/read-mail-host.ts';
import { findTargets, formatRelayTarget } from '../../src/relay-check/relay-target.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { onionListener, publicListener } from './postfix-configuration.ts';

const onion = makeOnionAddress(1);
const listeners = parsePostfixListeners(`${publicListener}\n${onionListener()}\n`, 'inet_interfaces = all\n');

function targetsOf(torrc: string, onionAddress: typeof onion | undefined): string[] {
  const services = parseHiddenServices(torrc).map((service) => ({ ...service, onionAddress }));
  return findTargets({ listeners, services, torrcSources: [] }).map(formatRelayTarget);
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
    hint: /only Postfix is read/,
  });
});
