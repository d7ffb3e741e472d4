/** Findings in short, for tables of tests. */
import assert from 'node:assert/strict';
import type { DoctorFinding } from '../../src/doctor/finding.ts';

/** `severity id`, each. */
function shorten(findings: readonly DoctorFinding[]): string[] {
  return findings.map(({ severity, id }) => `${severity} ${id}`);
}

/** Those that are not ok, in short, and words that they say together. What is not ok gives its reason. */
export function assertTroubles(
  why: string,
  findings: readonly DoctorFinding[],
  troubles: readonly string[],
  says: RegExp = /^/,
): void {
  const found = findings.filter(({ severity }) => severity !== 'ok');
  const text = JSON.stringify(found, null, 1);
  assert.deepEqual(shorten(found), troubles, `${why}: ${text}`);
  assert.match(found.map(({ fact, reason, next }) => `${fact}\n${reason}\n${next}`).join('\n'), says, why);
  for (const { severity, fact, reason, next } of findings) {
    assert.notEqual(fact, '');
    if (severity === 'ok') assert.deepEqual([reason, next], [undefined, undefined], fact);
    else assert.ok(reason !== undefined || next !== undefined, `${fact}: no reason and no advice`);
    if (severity === 'error') assert.ok(next !== undefined, `${fact}: what is to be done?`);
  }
}
