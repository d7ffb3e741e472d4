import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import type { Log } from '../../../src/log.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { type LivingDomainMap, openLivingMap } from '../../../src/routing/map/living-domain-map.ts';
import { makeOnionAddress } from '../../made-up-onions.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

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
  const folder = makeTemporaryFolder(t);
  const file = join(folder, 'map.yml');
  const copyFile = join(folder, 'last-map.json');
  writeFileSync(file, text);
  const awaited = createAwaitedLog();
  const open = async (paths: readonly string[], log: Log) => {
    const opened = await openLivingMap({ paths, copyFile, log });
    t.after(() => opened.close());
    return opened;
  };
  const map = await open([file], awaited.log);
  const replace = (newText: string) => {
    writeFileSync(`${file}.new`, newText);
    renameSync(`${file}.new`, file);
  };
  return { file, copyFile, map, open, replace, ...awaited };
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
    fields: { paths: [file], domains: 2, before: 1, warnings: 0 },
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

test('a map that was cut off does not keep the service from starting: the last good one goes on', async (t) => {
  const { file, map, open } = await setUp(t, `${a}: [a.test]\n`);
  map.close();
  writeFileSync(file, `${b}: [a.te`);
  const { log, lines, waitForLines } = createAwaitedLog();
  const again = await open([file], log);
  assert.equal(addressOf(again, 'a.test'), a);
  assert.deepEqual(
    lines.map(({ level, event }) => [level, event]),
    [['error', 'the new domain map is refused, the old one goes on']],
  );
  writeFileSync(file, `${b}: [a.test]\n`);
  await again.reload();
  await waitForLines(2);
  assert.equal(addressOf(again, 'a.test'), b);
});

test('the last good map of other paths, or one that is broken too, is none', async (t) => {
  const { file, copyFile, map, open } = await setUp(t, `${a}: [a.test]\n`);
  map.close();
  writeFileSync(file, '- broken\n');
  const { log, lines } = createAwaitedLog();
  await assert.rejects(open([file, file], log), { code: 'map-invalid' });
  writeFileSync(copyFile, '{');
  await assert.rejects(open([file], log), { code: 'map-invalid' });
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['a state file cannot be understood: going on without it'],
  );
});

test('a broken map and no last good one stop the start, and nothing is watched then', async (t) => {
  const folder = makeTemporaryFolder(t);
  const file = join(folder, 'map.yml');
  writeFileSync(file, '- broken\n');
  const { log, lines } = createAwaitedLog();
  const opening = openLivingMap({ paths: [file], copyFile: join(folder, 'last-map.json'), log });
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof OnionmxError);
    assert.equal(error.code, 'map-invalid');
    return true;
  });
  assert.deepEqual(lines, []);
});

test('without paths there is an empty map', async (t) => {
  const { log } = createAwaitedLog();
  const copyFile = join(makeTemporaryFolder(t), 'last-map.json');
  const map = await openLivingMap({ paths: [], copyFile, log });
  t.after(() => map.close());
  assert.equal(addressOf(map, 'a.test'), undefined);
});
