import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeFor } from '../../src/commands/exit-code.ts';
import { type ErrorCode, OnionmxError } from '../../src/errors.ts';

/** One code of each place, and what sysexits.h calls the result. */
const rows: readonly [why: string, code: ErrorCode, expected: number][] = [
  ['the configuration: EX_CONFIG', 'config-invalid', 78],
  ['the map is configuration too', 'map-invalid', 78],
  ['what was given to the command: EX_DATAERR', 'domain-invalid', 65],
  ['this host: EX_OSERR', 'listen-failed', 71],
  ['our Tor: EX_UNAVAILABLE', 'tor-unreachable', 69],
  ['a remote that can never work: EX_NOHOST', 'no-onion-route', 68],
  ['a remote that may work later: EX_TEMPFAIL', 'onion-no-descriptor', 75],
  ['ourselves: EX_SOFTWARE', 'bug', 70],
];
for (const [why, code, expected] of rows) {
  test(`${expected}: ${why}`, () => {
    assert.equal(exitCodeFor(new OnionmxError(code, 'x')), expected);
  });
}
