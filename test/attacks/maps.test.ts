/** Attacks by who holds the server of a map that many follow, as `onionmx map update` meets them: docs/map.md. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { bedSkip } from '../e2e/bed/bed-availability.ts';
import { waitFor } from '../e2e/bed/wait-for.ts';
import { runCommand } from '../e2e/onionmx-process.ts';
import { startAttackBed } from './attack-bed.ts';
import type { AttackBed } from './describe-attack.ts';
import { askPeersMap } from './peers-rule.ts';

const skip = bedSkip();
const host = 'every-domain.test';
const domain = 'mapped.test';
const mapFolder = '/dev/shm/map.d';

async function startBed(): Promise<AttackBed> {
  await mkdir(mapFolder);
  return startAttackBed({
    domains: { [host]: 'unsigned', [domain]: 'unsigned' },
    settings: { map: [mapFolder] },
  });
}

describe('attacks on a map', { skip }, async () => {
  const bed = skip === false ? await startBed() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;
  const { good, evil, send, onionmx } = bed;
  const map = join(mapFolder, 'community.yml');
  const keys = { publisher: join(bed.bed.folder, 'publisher'), attacker: join(bed.bed.folder, 'attacker') };
  for (const key of Object.values(keys)) assert.equal((await runCommand(['map', 'keygen', key])).status, 0);

  async function sign(text: string, key: string): Promise<Offer> {
    const file = join(bed?.bed.folder ?? '', 'signed.yml');
    await writeFile(file, text);
    const { status, stderr } = await runCommand(['map', 'sign', file, '--key', `${key}.key`]);
    assert.equal(status, 0, stderr);
    return { text, signature: await readFile(`${file}.minisig`, 'utf8') };
  }
  function update({ text, signature }: Offer) {
    bed?.web.publish(host, '/map.yml', text);
    bed?.web.publish(host, '/map.yml.minisig', signature);
    const words = ['update', `https://${host}/map.yml`, '--key', `${keys.publisher}.pub`, '--file', map];
    return onionmx.run('map', ...words);
  }
  /** Returns when the running service goes by it. */
  async function take(offer: Offer, onionAddress: string): Promise<void> {
    const { status, stderr } = await update(offer);
    assert.equal(status, 0, stderr);
    const isUsed = async () => (await bed?.answer(domain))?.endsWith(onionAddress);
    await waitFor('the service to go by the new map', isUsed, 30_000);
  }
  async function expectRefusal(offer: Offer, reason: RegExp): Promise<void> {
    const before = await readFile(map, 'utf8');
    const { status, stderr } = await update(offer);
    assert.notEqual(status, 0);
    assert.match(stderr, reason);

    assert.equal(await readFile(map, 'utf8'), before);
    assert.equal(askPeersMap(offer.text, domain), evil, 'where the map is taken as it is');
    assert.equal(await send(domain), 'good');
    assert.match((await bed?.explain(domain)) ?? '', /on the evidence "pinned"/);
  }

  // once the domain was behind the onion that the attacker has now
  const old = await sign(`${evil}: [${domain}]\n`, keys.publisher);
  const current = await sign(`${good}: [${domain}]\n`, keys.publisher);

  test('no attack: a map, and a newer one', async () => {
    await take(old, evil);
    assert.equal(await send(domain), 'evil');
    await take(current, good);
    assert.equal(await send(domain), 'good');
  });

  test('the old map again: refused, it is older than the one that is here', async () => {
    await expectRefusal(old, /it is older/);
  });

  test('a map that the attacker has signed himself: refused', async () => {
    await expectRefusal(await sign(`${evil}: [${domain}]\n`, keys.attacker), /it is of key /);
  });

  test('a map that he has changed, with the signature of the true one: refused', async () => {
    await expectRefusal({ ...current, text: old.text }, /it is not of this file/);
  });

  test('an old map under the signature time of the true one: refused', async () => {
    const comment = /^trusted comment: .*$/m;
    const [time = ''] = comment.exec(current.signature) ?? [];
    await expectRefusal(
      { ...old, signature: old.signature.replace(comment, time) },
      /its comment was changed/,
    );
  });
});

/** A map and its signature, as a server has them to offer. */
interface Offer {
  readonly text: string;
  readonly signature: string;
}
