/** What setup plans for Exim, in both of Debian's layouts. What Exim makes of it: test/e2e/setup-exim*.test.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eximFolder, eximHooks } from '../../src/mail-host/exim-recipe.ts';
import type { EximHost } from '../../src/mail-host/read-exim.ts';
import { parsePlainAddress } from '../../src/protocol/mail-address.ts';
import type { Plan } from '../../src/setup/plan.ts';
import { eximPaths, planExim } from '../../src/setup/plan-exim.ts';

const template = '/etc/exim4/exim4.conf.template';
const testAddress = parsePlainAddress('blackhole@example.org');

function makeHost(isSplit: boolean): EximHost {
  const answers = `dc_local_interfaces='127.0.0.1'\ndc_use_split_config='${isSplit}'\n`;
  const known = { version: '4.96', hasProxy: true, ownDomains: ['example.org'], unlisted: [] };
  return { ...known, isSplit, answers, pidFile: undefined };
}

type Files = ReadonlyMap<string, string>;

function planReceiving(isSplit: boolean, files: Files, hasTest: boolean): Plan {
  return planExim(makeHost(isSplit), {
    sending: undefined,
    receiving: { header: 'X-Mark', testAddress: hasTest ? testAddress : undefined },
    contentOf: (path) => files.get(path),
  });
}

function apply(files: Files, { changes }: Plan): Files {
  return new Map([...files, ...changes.map(({ path, after }) => [path, after] as const)]);
}

const debian: Files = new Map([[template, 'begin routers\nbegin transports\n']]);

for (const isSplit of [false, true])
  describe(`Exim's test address, ${isSplit ? 'split' : 'in one file'}`, () => {
    const plain = apply(debian, planReceiving(isSplit, debian, false));
    const withTest = apply(plain, planReceiving(isSplit, plain, true));

    test('without one there is no word of it', () => {
      assert.deepEqual(
        [...plain].filter(([path, text]) => /test/.test(path) || /test/.test(text)),
        [],
      );
    });

    test('an ACL and a router of its own, and a line that takes it in; every change has its reason', () => {
      const plan = planReceiving(isSplit, plain, true);
      const paths = plan.changes.map(({ path }) => path.replace(`${eximFolder}/`, ''));
      const hook = isSplit ? '/etc/exim4/conf.d/router/050_onionmx_test' : template;
      const host = '/etc/exim4/update-exim4.conf.conf'; // the made-up host stays as it is
      assert.deepEqual(
        paths.filter((path) => path !== host),
        ['main', 'acl-test', 'test-router', hook],
      );
      assert.ok(plan.changes.every(({ reasons }) => reasons.every((reason) => reason !== '')));
      assert.ok(plan.changes.every(({ path }) => eximPaths().includes(path) || path === host));
    });

    test('a second time nothing of it changes', () => {
      const again = planReceiving(isSplit, withTest, true);
      assert.deepEqual(apply(withTest, again), withTest);
    });

    test('when it is given up, nothing is thrown away any more, on no listener', () => {
      const given = apply(withTest, planReceiving(isSplit, withTest, false));
      assert.equal(given.get(`${eximFolder}/test-router`), '# onionmx: there is no test address.\n');
      assert.equal(given.get(`${eximFolder}/main`), plain.get(`${eximFolder}/main`));
      assert.deepEqual(apply(given, planReceiving(isSplit, given, false)), given);
    });
  });

test('each file that a hook can go into is read before', () => {
  for (const { splitPath, unsplitPath } of eximHooks)
    assert.ok([splitPath, unsplitPath].every((path) => eximPaths().includes(path)));
});
