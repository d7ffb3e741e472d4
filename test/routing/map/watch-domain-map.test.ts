import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { watchDomainMap } from '../../../src/routing/map/watch-domain-map.ts';
import { makeTemporaryFolder } from '../../temporary-folder.ts';

interface Changes {
  count: number;
  /** Resolves at the next change; ask before you make it. */
  next(): Promise<void>;
}

function watch(t: TestContext, ...paths: readonly string[]): Changes {
  let wake: (() => void) | undefined;
  const changes: Changes = {
    count: 0,
    next: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
  };
  const onChange = () => {
    changes.count++;
    wake?.();
  };
  const watching = watchDomainMap(paths, onChange, (reason) => assert.fail(reason));
  t.after(() => watching.close());
  return changes;
}

/** In `folder`: map.yml, map.d/1.yml, and what else the change needs. */
function setUp(t: TestContext): string {
  const folder = makeTemporaryFolder(t);
  writeFileSync(join(folder, 'map.yml'), '# 1\n');
  mkdirSync(join(folder, 'map.d'));
  writeFileSync(join(folder, 'map.d/1.yml'), '# 1\n');
  for (const release of ['r1', 'r2']) {
    mkdirSync(join(folder, release));
    writeFileSync(join(folder, release, 'map.yml'), `# ${release}\n`);
  }
  symlinkSync('r1', join(folder, 'current'));
  symlinkSync('../current/map.yml', join(folder, 'map.d/2.yml'));
  return folder;
}

function swapLink(folder: string): void {
  symlinkSync('r2', join(folder, 'next'));
  renameSync(join(folder, 'next'), join(folder, 'current'));
}

const noticed: readonly [what: string, path: string, change: (folder: string) => void][] = [
  ['a file is written', 'map.yml', (folder) => writeFileSync(join(folder, 'map.yml'), '# 2\n')],
  ['a file grows', 'map.yml', (folder) => appendFileSync(join(folder, 'map.yml'), '# 2\n')],
  [
    'a file is renamed over, as editors do',
    'map.yml',
    (folder) => {
      writeFileSync(join(folder, '.map.yml.tmp'), '# 2\n');
      renameSync(join(folder, '.map.yml.tmp'), join(folder, 'map.yml'));
    },
  ],
  ['a file is removed', 'map.yml', (folder) => unlinkSync(join(folder, 'map.yml'))],
  ['a file that was not there is made', 'new.yml', (folder) => writeFileSync(join(folder, 'new.yml'), '')],
  ['a file of a folder is written', 'map.d', (folder) => writeFileSync(join(folder, 'map.d/1.yml'), '# 2\n')],
  ['a file is added to a folder', 'map.d', (folder) => writeFileSync(join(folder, 'map.d/3.yaml'), '')],
  ['a file is removed from a folder', 'map.d', (folder) => unlinkSync(join(folder, 'map.d/1.yml'))],
  [
    'a whole folder is replaced',
    'map.d',
    (folder) => {
      renameSync(join(folder, 'map.d'), join(folder, 'old.d'));
      mkdirSync(join(folder, 'map.d'));
    },
  ],
  [
    'a folder that was not there is made',
    'a/b/new.d',
    (folder) => mkdirSync(join(folder, 'a/b/new.d'), { recursive: true }),
  ],
  ['a link on the way leads elsewhere', 'current/map.yml', swapLink],
  ['a link to a folder leads elsewhere', 'current', swapLink],
  ['a link on the way of a link in a folder leads elsewhere', 'map.d', swapLink],
  [
    'the file behind a link is written',
    'map.d',
    (folder) => writeFileSync(join(folder, 'r1/map.yml'), '# 2\n'),
  ],
];

for (const [what, path, change] of noticed) {
  test(`noticed, once: ${what}`, async (t) => {
    const folder = setUp(t);
    const changes = watch(t, join(folder, path));
    const changed = changes.next();
    change(folder);
    await changed;
    assert.equal(changes.count, 1);
  });
}

test('after a change the new files are watched, and other files in the folder are no change', async (t) => {
  const folder = setUp(t);
  const changes = watch(t, join(folder, 'map.d'), join(folder, 'map.yml'));
  for (const round of [1, 2, 3]) {
    const changed = changes.next();
    writeFileSync(join(folder, `map.d/unrelated-${round}.txt`), 'x');
    writeFileSync(join(folder, 'unrelated.log'), `line ${round}\n`, { flag: 'a' });
    rmSync(join(folder, 'map.d'), { recursive: true });
    mkdirSync(join(folder, 'map.d'));
    writeFileSync(join(folder, `map.d/${round}.yml`), '');
    await changed;
    assert.equal(changes.count, round);
  }
});

test('many writes in a row are one change', async (t) => {
  const folder = setUp(t);
  const file = join(folder, 'map.yml');
  const changes = watch(t, file);
  const changed = changes.next();
  for (let line = 0; line < 50; line++) appendFileSync(file, `# ${line}\n`);
  await changed;
  assert.equal(changes.count, 1);
});

test('a loop of links neither hangs nor throws', async (t) => {
  const folder = setUp(t);
  symlinkSync('loop.yml', join(folder, 'loop.yml'));
  const changes = watch(t, join(folder, 'loop.yml'));
  const changed = changes.next();
  unlinkSync(join(folder, 'loop.yml'));
  await changed;
  assert.equal(changes.count, 1);
});

test('after close nothing is noticed any more', async (t) => {
  const folder = setUp(t);
  const file = join(folder, 'map.yml');
  const closed = watchDomainMap([file], () => assert.fail('closed'), assert.fail);
  const other = watch(t, file);
  const changed = other.next();
  utimesSync(file, 1, 1);
  closed.close();
  await changed;
  assert.equal(other.count, 1);
});
