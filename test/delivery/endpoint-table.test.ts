import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openEndpointTable } from '../../src/delivery/endpoint-table.ts';
import { listen } from '../../src/net/listen.ts';
import { type ExchangerSet, endpointNameOf } from '../../src/protocol/exchanger.ts';
import type { SocketAddress } from '../../src/protocol/socket-address.ts';
import { makeExchanger } from '../made-up-onions.ts';
import { createRecordingLog } from '../recording-log.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { createGate } from './gate.ts';

const one: ExchangerSet = [makeExchanger(1)];
const two: ExchangerSet = [makeExchanger(1), makeExchanger(2, { priority: 10 })];
const three: ExchangerSet = [makeExchanger(3, { port: 2525 })];
const setOf = (port: number): ExchangerSet => [makeExchanger(1, { port })];
const names = (sets: readonly ExchangerSet[]) => sets.map(endpointNameOf).toSorted();

const startSocket = (_set: ExchangerSet, address: SocketAddress) =>
  listen(address, { onConnection: (connection) => connection.destroy() });

function makePlaces(t: TestContext): { readonly file: string; readonly folder: string } {
  const root = makeTemporaryFolder(t);
  return { file: join(root, 'endpoints.json'), folder: join(root, 'e') };
}

async function open(
  t: TestContext,
  places: ReturnType<typeof makePlaces>,
  startEndpoint: Parameters<typeof openEndpointTable>[0]['startEndpoint'] = startSocket,
) {
  const log = createRecordingLog();
  const table = await openEndpointTable({ ...places, startEndpoint, log });
  t.after(() => table.close());
  return { table, log };
}

test('endpoints outlive a restart', async (t) => {
  const places = makePlaces(t);
  const first = await open(t, places);
  assert.equal(await first.table.ensure(one), endpointNameOf(one));
  assert.equal(await first.table.ensure(two), endpointNameOf(two));
  assert.equal(first.table.size, 2);
  assert.deepEqual(readdirSync(places.folder).toSorted(), names([one, two]));
  await first.table.close();
  assert.deepEqual(readdirSync(places.folder), []);
  const second = await open(t, places);
  assert.equal(second.table.size, 2);
  assert.deepEqual(readdirSync(places.folder).toSorted(), names([one, two]));
});

test('the table on disk has the set before its name is given out', async (t) => {
  const places = makePlaces(t);
  const { table } = await open(t, places);
  await table.ensure(three);
  assert.deepEqual(JSON.parse(readFileSync(places.file, 'utf8')), [three]);
});

test('callers at the same time share one start; different sets all reach the disk', async (t) => {
  const places = makePlaces(t);
  const started: string[] = [];
  const { table } = await open(t, places, (set, address) => {
    started.push(endpointNameOf(set));
    return startSocket(set, address);
  });
  await Promise.all([one, two, one, three, two, one].map((set) => table.ensure(set)));
  await table.ensure(one);
  assert.deepEqual(started.toSorted(), names([one, two, three]));
  assert.equal(JSON.parse(readFileSync(places.file, 'utf8')).length, 3);
});

test('a socket that cannot be made is the failure of all who asked, and tried again', async (t) => {
  const places = makePlaces(t);
  let failures = 1;
  const { table } = await open(t, places, (set, address) =>
    failures-- > 0 ? Promise.reject(new Error('no room')) : startSocket(set, address),
  );
  const [first, second] = await Promise.allSettled([table.ensure(one), table.ensure(one)]);
  assert.deepEqual([first?.status, second?.status], ['rejected', 'rejected']);
  assert.equal(await table.ensure(one), endpointNameOf(one));
});

test('a table that cannot be written: no name, and no socket is left', async (t) => {
  const places = makePlaces(t);
  const { table } = await open(t, places);
  mkdirSync(places.file);
  await assert.rejects(table.ensure(one), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.deepEqual([table.size, readdirSync(places.folder)], [0, []]);
});

for (const [content, why] of [
  ['[[{"onionAddress":', 'cut off'],
  ['[[{"onionAddress":"aaaa.onion","port":25,"priority":0,"weight":0}]]', 'with an address that is none'],
  ['[[]]', 'with an empty set'],
] as const) {
  test(`a table that is ${why} is kept aside, and the start goes on`, async (t) => {
    const places = makePlaces(t);
    writeFileSync(places.file, content);
    const { table, log } = await open(t, places);
    assert.equal(table.size, 0);
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['warn'],
    );
    assert.equal(await table.ensure(one), endpointNameOf(one));
  });
}

test('an endpoint of the table that cannot be started holds no other up', async (t) => {
  const places = makePlaces(t);
  writeFileSync(places.file, JSON.stringify([one, two]));
  mkdirSync(join(places.folder, endpointNameOf(one)), { recursive: true });
  const { table, log } = await open(t, places);
  assert.equal(table.size, 1);
  assert.deepEqual(
    log.lines
      .filter(({ level }) => level === 'error')
      .map(({ fields }) => [fields['endpoint'], fields['code']]),
    [[endpointNameOf(one), 'listen-failed']],
  );
});

test('files of others in the folder are left alone', async (t) => {
  const places = makePlaces(t);
  mkdirSync(places.folder);
  const stale = join(places.folder, endpointNameOf(three));
  writeFileSync(stale, '');
  const { table } = await open(t, places);
  await table.ensure(one);
  await table.close();
  assert.ok(existsSync(stale));
});

test('beyond 1000 sets, the one asked for least recently goes', async (t) => {
  const places = makePlaces(t);
  const closed: string[] = [];
  const { table } = await open(t, places, (set) =>
    Promise.resolve({ close: () => Promise.resolve(void closed.push(endpointNameOf(set))) }),
  );
  for (let port = 1; port <= 1000; port++) await table.ensure(setOf(port));
  await table.ensure(setOf(1));
  await table.ensure(setOf(1001));
  assert.equal(table.size, 1000);
  assert.deepEqual(closed, [endpointNameOf(setOf(2))]);
});

test('closing waits for a start under way', async (t) => {
  const places = makePlaces(t);
  const gate = createGate();
  const { table } = await open(t, places, async (set, address) => {
    await gate.opened;
    return startSocket(set, address);
  });
  const ensured = table.ensure(one);
  const closed = table.close();
  gate.open();
  await Promise.all([ensured, closed]);
  assert.deepEqual(readdirSync(places.folder), []);
});

test('a folder whose socket paths would be too long is refused at once', async (t) => {
  const folder = `/${'x'.repeat(31)}`;
  await assert.rejects(open(t, { file: '/nowhere/endpoints.json', folder }), {
    code: 'endpoint-folder-too-long',
    message: `the path of the endpoint folder ${folder} has 32 bytes (31 at most, so that socket paths fit)`,
  });
});
