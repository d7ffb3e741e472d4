import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPlan } from '../../src/setup/format-plan.ts';
import { emptyPlan, joinPlans } from '../../src/setup/plan.ts';

const reload = { command: 'postfix', args: ['reload'] };

test('a plan shows each file with the reasons and the exact change, and what follows', () => {
  const plan = {
    changes: [
      { path: '/etc/a', before: 'one\ntwo\n', after: 'one\n2\n', reasons: ['Because.', 'And because.'] },
      { path: '/etc/b', before: undefined, after: 'new\n', reasons: ['It is wanted.'] },
    ],
    checks: [{ command: 'postfix', args: ['check'] }],
    reloads: [reload],
    notes: ['Start it.'],
  };
  assert.equal(
    formatPlan(plan),
    `/etc/a: changes
- Because.
- And because.

--- /etc/a
+++ /etc/a
@@ -1,2 +1,2 @@
 one
-two
+2

/etc/b: a new file
- It is wanted.

--- /dev/null
+++ /etc/b
@@ -0,0 +1,1 @@
+new

Then:
  postfix check
  postfix reload

Note: Start it.
`,
  );
});

test('an empty plan shows nothing', () => assert.equal(formatPlan(emptyPlan), ''));

test('plans that are joined run each program once', () => {
  const one = { ...emptyPlan, reloads: [reload], notes: ['Start it.'] };
  assert.deepEqual(joinPlans([one, one]), one);
});
