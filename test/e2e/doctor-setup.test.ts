/** On a plain Debian host that `onionmx setup` has set up, `onionmx doctor` finds no error, through the onion service too. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { DoctorFinding } from '../../src/doctor/finding.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { createBedFolder } from './bed/bed-folder.ts';
import { startDebianPostfix } from './bed/debian-postfix.ts';
import { waitUntilReachable } from './bed/socks-connect.ts';
import { startBed } from './bed/start-bed.ts';
import { waitFor } from './bed/wait-for.ts';
import { startOnionmx } from './onionmx-process.ts';

const skip = bedSkip();

describe('doctor after setup', { skip }, async () => {
  if (skip !== false) return;
  const folder = await createBedFolder();
  const postfix = await startDebianPostfix(folder, { domain: 'example.test', relayhost: '[127.0.0.1]:9' });
  const bed = await startBed({
    tor: true,
    zones: () => [
      { name: 'arpa', kind: 'signed', records: '' },
      { name: 'example.test', kind: 'signed', records: '' },
    ],
  });
  after(() => bed.stop());
  bed.onStop('Postfix', postfix.stop);
  const { host, port } = bed.dns().resolver;
  const onionmx = await startOnionmx(join(bed.folder, 'o'), {
    dns: { resolvers: [`${host}:${port}`] },
    tor: { extraTorrc: bed.network().torrcLines },
  });
  bed.onStop('onionmx', onionmx.stop);

  async function examine() {
    const { status, stdout } = await onionmx.run('doctor', '--json');
    const { findings }: { findings: DoctorFinding[] } = JSON.parse(stdout);
    const troubles = findings.filter(({ severity }) => severity !== 'ok');
    return { status, troubles: troubles.map(({ severity, id }) => `${severity} ${id}`), stdout };
  }

  test('before: Postfix does not ask, and has no transport for the answers', async () => {
    const { status, troubles, stdout } = await examine();
    const expected = ['error transport-maps', 'error transport-service'];
    assert.deepEqual([status, troubles], [78, expected], stdout);
  });

  test('after, and with the record published: all is well', async () => {
    const setup = await onionmx.run('setup', '--apply');
    assert.equal(setup.status, 0, setup.stderr);
    await onionmx.stop();
    await onionmx.start();
    const file = join(onionmx.stateFolder, 'onion/mail/hostname');
    const readAddress = async () => (await readFile(file, 'utf8').catch(() => '')).trim() || undefined;
    const own = { host: await waitFor('the onion address', readAddress, 60_000), port: 25 };
    await waitUntilReachable(join(onionmx.stateFolder, 'tor/socks'), own, 60_000, () => '');
    await bed.dns().setRecords('example.test', `_onion-mx._tcp SRV 0 5 25 ${own.host}.`);
    const { status, troubles, stdout } = await examine();
    assert.deepEqual([status, troubles], [0, []], stdout);
  });
});
