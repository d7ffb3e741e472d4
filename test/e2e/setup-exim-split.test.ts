/** `onionmx setup` on Debian's Exim with its configuration in many files: what it changes works, and --undo gives all back. */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { verifyListener } from '../../src/commands/setup/verify-listener.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { applyPlan } from '../../src/setup/apply-plan.ts';
import { hostHands } from '../../src/setup/host-hands.ts';
import { undoSetup } from '../../src/setup/undo-setup.ts';
import { createBedFolder, removeBedFolder } from './bed/bed-folder.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { startExim } from './bed/exim.ts';
import { planAll, takeSnapshot } from './setup-steps.ts';

const skip = bedSkip(['exim']);

describe('setup on Exim, split configuration', { skip }, async () => {
  if (skip !== false) return;
  const folder = await createBedFolder();
  const exim = await startExim(folder, {
    hostname: 'mx.example.test',
    ownDomains: ['example.test'],
    interfaces: '127.0.0.1.2501',
    isSplit: true,
  });
  after(async () => {
    await exim.stop();
    await removeBedFolder(folder).catch(() => {}); // it is mounted until the namespace ends
  });
  const configFile = join(folder, 'onionmx.yaml');
  await writeFile(configFile, `stateFolder: ${folder}/s\nreceiving: {testAddress: blackhole@example.test}\n`);
  const journalFolder = join(folder, 'journal');
  const snapshot = () => takeSnapshot('/etc/exim4', configFile);
  const original = await snapshot();

  test('files of our own take in the recipe; Debian’s stay as they are', async () => {
    const { plan } = await planAll(configFile);
    const { config } = await loadConfig(configFile, readEnvironment());
    const verify = () => verifyListener(parseDomainName('example.test'), config);
    await applyPlan(plan, { journalFolder, hands: hostHands, verify });
    const changed = Object.keys(original).filter((path) => path.startsWith('/etc/exim4/conf.d/'));
    const now = await snapshot();
    for (const path of changed) assert.equal(now[path], original[path], path);
    assert.deepEqual((await planAll(configFile)).plan.changes, []);
    assert.match(await exim.tryAddress('-bt', 'x@clear.test'), /onionmx does not answer/);
    assert.match(await exim.tryAddress('-bt', 'bob@example.test'), /router = local_user/);
    assert.match(await exim.tryAddress('-bt', 'Blackhole+x@example.test'), /is discarded/);
  });

  test('--undo gives back every byte', async () => {
    await undoSetup(journalFolder, hostHands);
    assert.deepEqual(await snapshot(), original);
    assert.deepEqual(await readdir(journalFolder), []);
    assert.doesNotMatch(await exim.tryAddress('-bt', 'x@clear.test'), /onionmx/);
  });
});
