import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeConfig } from './made-up-config.ts';
import { decideSocketAccess, findSocketAccess, type Host } from '../../src/commands/socket-access.ts';

const sockets = { mode: 0o660, group: 'postfix' };
const groups = 'root:x:0:\npostfix-log:x:7:\npostfix:x:118:alice,bob\npostdrop:x:119:postfix\n';
const root: Host = { isRoot: true, ownGroupIds: [0], groups };

const rows: readonly [why: string, host: Host, gid: number | undefined][] = [
  ['root may give files to any group', root, 118],
  ['a member of the group may', { isRoot: false, ownGroupIds: [1000, 118], groups }, 118],
  [
    'others may not: the group stays that of the process',
    { isRoot: false, ownGroupIds: [1000], groups },
    undefined,
  ],
  ['a host without the group', { ...root, groups: 'root:x:0:\npostfix-log:x:7:\n' }, undefined],
  ['a host without any group', { ...root, groups: '' }, undefined],
  [
    'a line without a number is not the group 0, which is root',
    { ...root, groups: 'postfix:x::\n' },
    undefined,
  ],
  ['a line that is cut off', { ...root, groups: 'postfix:x' }, undefined],
  ['the last line without a line end', { ...root, groups: 'root:x:0:\npostfix:x:118:' }, 118],
];
for (const [why, host, gid] of rows) {
  test(`group ${gid ?? 'as it is'}: ${why}`, () => {
    const expected = gid === undefined ? { mode: 0o660 } : { mode: 0o660, gid };
    assert.deepEqual(decideSocketAccess({ sockets }, host), expected);
  });
}

test('the group of the configuration, and its mode', () => {
  assert.deepEqual(decideSocketAccess({ sockets: { mode: 0o600, group: 'postdrop' } }, root), {
    mode: 0o600,
    gid: 119,
  });
});

test('a group that this host does not have', async (t) => {
  const { config } = makeConfig(t, { sockets: { mode: '0600', group: 'no-such-group' } });
  assert.deepEqual(await findSocketAccess(config), { mode: 0o600 });
});
