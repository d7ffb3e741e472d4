import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FileFacts, findBarrier } from '../../src/doctor/may-connect.ts';

const postfix = { name: 'postfix', uid: 101, gid: 102 };
const root: FileFacts = { path: '/', mode: 0o755, uid: 0, gid: 0 };
const folder: FileFacts = { path: '/run/x', mode: 0o750, uid: 0, gid: 102 };
const socket: FileFacts = { path: '/run/x/s', mode: 0o660, uid: 0, gid: 102 };

const cases: readonly [why: string, files: readonly FileFacts[], barrier: RegExp | undefined][] = [
  ['by its group', [root, folder, socket], undefined],
  [
    'by the bits for all',
    [root, { ...folder, mode: 0o711, gid: 0 }, { ...socket, mode: 0o666, gid: 0 }],
    undefined,
  ],
  [
    'as the owner',
    [root, { ...folder, mode: 0o700, uid: 101 }, { ...socket, mode: 0o600, uid: 101 }],
    undefined,
  ],
  [
    'a folder of another group',
    [root, { ...folder, gid: 0 }, socket],
    /^\/run\/x has the mode 0750.*group 0: postfix/,
  ],
  ['a folder that may be read, not entered', [root, { ...folder, mode: 0o740 }, socket], /^\/run\/x has/],
  ['a socket of another group', [root, folder, { ...socket, gid: 0 }], /^\/run\/x\/s has the mode 0660/],
  ['a socket that may only be read', [root, folder, { ...socket, mode: 0o640 }], /^\/run\/x\/s has/],
  ['the group counts before all others', [root, folder, { ...socket, mode: 0o606 }], /^\/run\/x\/s has/],
  [
    'the owner counts before the group',
    [root, folder, { ...socket, mode: 0o060, uid: 101 }],
    /^\/run\/x\/s has/,
  ],
];

for (const [why, files, barrier] of cases)
  test(`may Postfix connect: ${why}`, () => {
    const found = findBarrier(files, postfix);
    if (barrier === undefined) assert.equal(found, undefined);
    else assert.match(found ?? '', barrier);
  });

test('root passes everywhere', () => {
  assert.equal(findBarrier([{ ...socket, mode: 0, gid: 0 }], { name: 'root', uid: 0, gid: 0 }), undefined);
});
