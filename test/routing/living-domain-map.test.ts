import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OnionmxError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { parseDomainName } from '../../src/protocol/domain-name.ts';
import { type LivingDomainMap, openLivingMap } from '../../src/routing/living-domain-map.ts';
import { makeOnionAddress } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const a = makeOnionAddress(1);
const b = makeOnionAddress(2);

/** A recording log that can be waited for. */
function createAwaitedLog() {
  const recording = createRecordingLog();
  let wake: (() => void) | undefined;
  const speak =
    (level: 'debug' | 'info' | 'warn' | 'error'): Log['info'] =>
    (fields, event) => {
      recording[level](fields, event);
      wake?.();
    };
  const log: Log = { debug: speak('debug'), info: speak('info'), warn: speak('warn'), error: speak('error') };
  async function waitForLines(count: number): Promise<void> {
    while (recording.lines.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return { log, lines: recording.lines, waitForLines };
}

async function setUp(t: TestContext, text: string) {
  const file = join(makeTemporaryFolder(t), 'map.yml');
  writeFileSync(file, text);
  const awaited = createAwaitedLog();
  const map = await openLivingMap([file], awaited.log);
  t.after(() => map.close());
  const replace = (newText: string) => {
    writeFileSync(`${file}.new`, newText);
    renameSync(`${file}.new`, file);
  };
  return { file, map, replace, ...awaited };
}

function addressOf(map: LivingDomainMap, domain: string): string | undefined {
  return map.find(parseDomainName(domain))?.exchangers[0].onionAddress;
}

test('a changed map is taken over by itself', async (t) => {
  const { file, map, replace, lines, waitForLines } = await setUp(t, `${a}: [a.test]\n`);
  assert.equal(addressOf(map, 'a.test'), a);
  replace(`${b}: [a.test, b.test]\n`);
  await waitForLines(2);
  assert.equal(addressOf(map, 'a.test'), b);
  assert.deepEqual(lines[1], {
    level: 'info',
    event: 'domain map taken over',
    fields: { paths: [file], domains: 2, warnings: 0 },
  });
});

test('a broken new map is refused with its reasons, the old one goes on, and a repaired one is taken over', async (t) => {
  const { file, map, replace, lines, waitForLines } = await setUp(t, `${a}: [a.test]\n`);
  replace(`${b}: [a.test]\nx.test: []\ny.test: 1\n`);
  await waitForLines(2);
  assert.equal(addressOf(map, 'a.test'), a);
  assert.equal(lines[1]?.level, 'error');
  assert.equal(lines[1]?.event, 'the new domain map is refused, the old one goes on');
  assert.equal(
    lines[1]?.fields['reason'],
    `${file}:2:9: must be a list of exchangers, not an empty list\n${file}:3:9: must be a list of exchangers, not the number 1`,
  );
  replace(`${b}: [a.test]\n`);
  await waitForLines(3);
  assert.equal(addressOf(map, 'a.test'), b);
});

test('each dead entry is one warning each time the map is read', async (t) => {
  const { map, lines } = await setUp(t, `4my2dd2okjr75aho.onion: [x.test]\n${a}: [a.test]\n`);
  await map.reload();
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn', 'info', 'warn', 'info'],
  );
  assert.match(
    String(lines[0]?.fields['warning']),
    /map\.yml:1:1: skipped 4my2dd2okjr75aho\.onion: version 2/,
  );
});

test('reload reads at once, as for SIGHUP, and never throws', async (t) => {
  const { file, map } = await setUp(t, `${a}: [a.test]\n`);
  writeFileSync(file, `${b}: [a.test]\n`);
  await map.reload();
  assert.equal(addressOf(map, 'a.test'), b);
  writeFileSync(file, '- broken\n');
  await Promise.all([map.reload(), map.reload()]);
  assert.equal(addressOf(map, 'a.test'), b);
});

test('a broken map stops the start, and nothing is watched then', async (t) => {
  const file = join(makeTemporaryFolder(t), 'map.yml');
  writeFileSync(file, '- broken\n');
  const { log, lines } = createAwaitedLog();
  await assert.rejects(openLivingMap([file], log), (error) => {
    assert.ok(error instanceof OnionmxError);
    assert.equal(error.code, 'map-invalid');
    return true;
  });
  assert.deepEqual(lines, []);
});

test('without paths there is an empty map', async (t) => {
  const { log } = createAwaitedLog();
  const map = await openLivingMap([], log);
  t.after(() => map.close());
  assert.equal(addressOf(map, 'a.test'), undefined);
});
