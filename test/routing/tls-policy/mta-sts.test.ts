import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OnionmxError } from '../../../src/errors.ts';
import { parseDomainName } from '../../../src/protocol/domain-name.ts';
import { createMtaSts } from '../../../src/routing/tls-policy/mta-sts.ts';
import type { KeptPolicy } from '../../../src/routing/tls-policy/mta-sts-rule.ts';
import { createRecordingLog } from '../../recording-log.ts';
import { createFakeResolver, type Told, txt } from '../dns/fake-resolver.ts';

const domain = parseDomainName('b.test');
const question = 'TXT _mta-sts.b.test';
const published: Told = { records: [txt('v=STSv1; id=1;')], ttlSeconds: 60 };
const notYet = {
  kind: 'mta-sts',
  mxNames: [],
  source: 'its MTA-STS policy, which is not known yet',
  isUnconfirmed: true,
};
const kept: KeptPolicy = {
  id: '1',
  fetchedMs: 0,
  mode: 'enforce',
  mxNames: ['mx.b.test'],
  maxAgeSeconds: 604_800,
};

function open(
  answers: Record<string, Told>,
  find: () => Promise<KeptPolicy | undefined> = async () => undefined,
) {
  const wanted: string[] = [];
  const [log, resolver, time] = [createRecordingLog(), createFakeResolver(answers), { nowMs: 0 }];
  const ask = createMtaSts({
    resolver,
    files: { find },
    want: async (name, id) => void wanted.push(`${name} ${id}`),
    cacheEntries: 10,
    now: () => time.nowMs,
    clock: () => time.nowMs,
    log,
  });
  return { ask, wanted, log, resolver, time };
}

const answers: readonly [why: string, told: Told, policy: object, wanted: readonly string[]][] = [
  ['a record', published, notYet, ['b.test 1']],
  [
    'its strings in one, among others',
    { records: [txt('v=spf1'), txt('v=STSv1; id=1')] },
    notYet,
    ['b.test 1'],
  ],
  ['no record', { none: 'nxdomain' }, { kind: 'none' }, []],
  ['records of others', { records: [txt('v=spf1')] }, { kind: 'none' }, []],
  ['DNS fails', { failed: 'SERVFAIL' }, { kind: 'unknown', why: 'whether it has MTA-STS: SERVFAIL' }, []],
];
for (const [why, told, policy, expected] of answers) {
  test(`by DNS: ${why}`, async () => {
    const { ask, wanted, resolver } = open({ [question]: told });
    assert.deepEqual(await ask(domain), policy);
    assert.deepEqual(wanted, expected);
    assert.deepEqual(resolver.asked, [question]);
  });
}

test('what DNS says is kept for its time, and then weighed against the policy again', async () => {
  const { ask, resolver, time } = open({ [question]: published }, async () => kept);
  await ask(domain);
  time.nowMs = 59_999;
  await ask(domain);
  assert.equal(resolver.asked.length, 1);
  resolver.tell(question, { none: 'nxdomain' });
  time.nowMs = 60_000;
  const source = 'its MTA-STS policy (enforce, fetched 1970-01-01), although DNS names none now';
  assert.deepEqual(await ask(domain), { kind: 'mta-sts', mxNames: ['mx.b.test'], source });
  assert.equal(resolver.asked.length, 2);
});

test('without a way to fetch, a record means as much', async () => {
  const [log, resolver] = [createRecordingLog(), createFakeResolver({ [question]: published })];
  const files = { find: async () => undefined };
  const ask = createMtaSts({
    resolver,
    files,
    want: undefined,
    cacheEntries: 1,
    now: () => 0,
    clock: () => 0,
    log,
  });
  assert.deepEqual(await ask(domain), notYet);
});

async function refuse(): Promise<never> {
  throw new OnionmxError('state-folder', 'no permission');
}

test('a policy that cannot be read may be one that is enforced', async () => {
  const withRecord = open({ [question]: published }, refuse);
  assert.deepEqual(await withRecord.ask(domain), notYet);
  const without = open({}, refuse);
  const why = 'its MTA-STS policy that was fetched before cannot be read';
  assert.deepEqual(await without.ask(domain), { kind: 'unknown', why });
  assert.deepEqual(
    without.log.lines.map(({ level, event, fields }) => [level, event, fields['code']]),
    [['error', 'cannot read the MTA-STS policy of a domain', 'state-folder']],
  );
});

test('a domain whose name leaves no room for the record has no policy, and no file', async () => {
  const label = 'x'.repeat(63);
  const long = parseDomainName(`${label}.${label}.${label}.${'y'.repeat(56)}.t`);
  const { ask, resolver } = open({}, () => assert.fail('no file has this name'));
  assert.deepEqual(await ask(long), { kind: 'none' });
  assert.deepEqual(resolver.asked, []);
});
