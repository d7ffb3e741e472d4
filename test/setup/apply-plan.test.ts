/** All or nothing, on real files: only the programs that would be run are made up. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { applyPlan } from '../../src/setup/apply-plan.ts';
import { type HostHands, hostHands } from '../../src/setup/host-hands.ts';
import { emptyPlan, formatDeed, type Plan } from '../../src/setup/plan.ts';
import { undoSetup } from '../../src/setup/undo-setup.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

const check = { command: 'postfix', args: ['check'] };
const reload = { command: 'postfix', args: ['reload'] };

function makeHost(t: TestContext) {
  const root = makeTemporaryFolder(t);
  const [old, fresh, journalFolder] = [
    join(root, 'main.cf'),
    join(root, 'new/deep/table'),
    join(root, 'setup'),
  ];
  writeFileSync(old, 'before\n');
  chmodSync(old, 0o640);
  const ran: string[] = [];
  const hands: HostHands = { ...hostHands, run: async (deed) => void ran.push(formatDeed(deed)) };
  const plan: Plan = {
    changes: [
      { path: old, before: 'before\n', after: 'after\n', reasons: [] },
      { path: fresh, before: undefined, after: 'fresh\n', reasons: [] },
    ],
    checks: [check],
    reloads: [reload],
    notes: [],
  };
  const assertOriginal = () => {
    assert.equal(readFileSync(old, 'utf8'), 'before\n');
    assert.equal(statSync(old).mode & 0o777, 0o640);
    assert.ok(!existsSync(join(root, 'new')), 'the new folders are gone');
  };
  return { old, fresh, journalFolder, ran, hands, plan, verify: beContent, assertOriginal };
}

const beContent = async () => {};
const findFault = () => Promise.reject(new Error('an open relay'));

type Host = ReturnType<typeof makeHost>;

/** Its writes, removals and runs that `isFailing` says fail. */
function failing(host: Host, isFailing: (deed: string) => boolean): HostHands {
  const guard = (deed: string) => {
    if (isFailing(deed)) throw new Error(`${deed} fails`);
  };
  return {
    ...host.hands,
    write: async (path, state) => {
      guard(`write ${path} ${state.content.toString().trim()}`);
      await host.hands.write(path, state);
    },
    run: async (deed) => {
      guard(formatDeed(deed));
      await host.hands.run(deed);
    },
  };
}

describe('applying a plan', () => {
  test('writes, checks, reloads, verifies, in this order; modes stay', async (t) => {
    const host = makeHost(t);
    const verify = async () => void host.ran.push('verify');
    await applyPlan(host.plan, { ...host, verify });
    assert.deepEqual(host.ran, ['postfix check', 'postfix reload', 'verify']);
    assert.equal(readFileSync(host.old, 'utf8'), 'after\n');
    assert.equal(statSync(host.old).mode & 0o777, 0o640);
    assert.equal(readFileSync(host.fresh, 'utf8'), 'fresh\n');
    assert.equal(statSync(host.fresh).mode & 0o777, 0o644);
  });

  const steps: readonly [step: RegExp, reloads: number][] = [
    [/^write .*main\.cf after/, 0],
    [/^write .*table fresh/, 0],
    [/^postfix check/, 0],
  ];
  for (const [step, reloads] of steps) {
    test(`gives all back when this fails: ${step.source}`, async (t) => {
      const host = makeHost(t);
      const hands = failing(host, (deed) => step.test(deed));
      await assert.rejects(applyPlan(host.plan, { ...host, hands }), {
        code: 'setup-failed',
        message: /fails; all files are as they were$/,
      });
      host.assertOriginal();
      assert.equal(host.ran.filter((deed) => deed === 'postfix reload').length, reloads);
      assert.equal(await undoSetup(host.journalFolder, host.hands), undefined);
    });
  }

  test('a reload that fails is made up for by one with the old files', async (t) => {
    const host = makeHost(t);
    let tries = 0;
    const hands = failing(host, (deed) => deed === 'postfix reload' && tries++ === 0);
    await assert.rejects(applyPlan(host.plan, { ...host, hands }), {
      message: /^`postfix reload` says: postfix reload fails;/,
    });
    host.assertOriginal();
    assert.deepEqual(host.ran, ['postfix check', 'postfix reload']);
  });

  test('gives all back when the result is not what was wanted', async (t) => {
    const host = makeHost(t);
    await assert.rejects(applyPlan(host.plan, { ...host, verify: findFault }), {
      message: /^an open relay; all files/,
    });
    host.assertOriginal();
    assert.deepEqual(host.ran, ['postfix check', 'postfix reload', 'postfix reload']);
  });

  test('a file that changed since it was looked at is not written over', async (t) => {
    const host = makeHost(t);
    writeFileSync(host.old, 'somebody else\n');
    await assert.rejects(applyPlan(host.plan, host), { code: 'setup-failed', message: /was changed while/ });
    assert.equal(readFileSync(host.old, 'utf8'), 'somebody else\n');
    assert.ok(!existsSync(host.fresh));
  });

  test('what cannot be given back is said, kept, and given back later', async (t) => {
    const host = makeHost(t);
    const hands = failing(host, (deed) => deed === 'postfix check' || deed.endsWith('main.cf before'));
    await assert.rejects(applyPlan(host.plan, { ...host, hands }), {
      code: 'setup-not-restored',
      message: /postfix check fails.*and giving back what was there failed too: write .* fails/,
    });
    await assert.rejects(applyPlan(host.plan, host), { code: 'setup-unfinished' });
    assert.deepEqual(await undoSetup(host.journalFolder, host.hands), [host.old, host.fresh]);
    host.assertOriginal();
  });
});

describe('undo', () => {
  test('gives back each apply, the last one first', async (t) => {
    const host = makeHost(t);
    await applyPlan(host.plan, host);
    const second = { path: host.old, before: 'after\n', after: 'later\n', reasons: [] };
    await applyPlan({ ...emptyPlan, changes: [second] }, host);
    assert.deepEqual(readdirSync(host.journalFolder), ['0001.json', '0002.json']);
    await undoSetup(host.journalFolder, host.hands);
    assert.equal(readFileSync(host.old, 'utf8'), 'after\n');
    await undoSetup(host.journalFolder, host.hands);
    host.assertOriginal();
    assert.equal(await undoSetup(host.journalFolder, host.hands), undefined);
    assert.deepEqual(host.ran, ['postfix check', 'postfix reload', 'postfix check', 'postfix reload']);
  });

  test('touches nothing when a file was edited after setup', async (t) => {
    const host = makeHost(t);
    await applyPlan(host.plan, host);
    writeFileSync(host.fresh, 'fresh\nand mine\n');
    await assert.rejects(undoSetup(host.journalFolder, host.hands), { code: 'setup-changed-since' });
    assert.equal(readFileSync(host.old, 'utf8'), 'after\n');
    assert.equal(readFileSync(host.fresh, 'utf8'), 'fresh\nand mine\n');
  });

  test('a folder that somebody else uses by now stays', async (t) => {
    const host = makeHost(t);
    await applyPlan(host.plan, host);
    writeFileSync(join(host.fresh, '../mine'), '');
    mkdirSync(join(host.fresh, '../../other'));
    await undoSetup(host.journalFolder, host.hands);
    assert.ok(!existsSync(host.fresh));
    assert.ok(existsSync(join(host.fresh, '../mine')));
  });

  test('a journal that cannot be understood is named', async (t) => {
    const host = makeHost(t);
    mkdirSync(host.journalFolder);
    writeFileSync(join(host.journalFolder, '0001.json'), '{}');
    await assert.rejects(undoSetup(host.journalFolder, host.hands), {
      code: 'state-folder',
      message: /0001\.json/,
    });
  });

  test('a reload that fails is said, and the undo can be repeated', async (t) => {
    const host = makeHost(t);
    await applyPlan(host.plan, host);
    const hands = failing(host, (deed) => deed === 'postfix reload');
    await assert.rejects(undoSetup(host.journalFolder, hands), { code: 'setup-not-restored' });
    host.assertOriginal();
    assert.deepEqual(await undoSetup(host.journalFolder, host.hands), [host.old, host.fresh]);
  });
});
