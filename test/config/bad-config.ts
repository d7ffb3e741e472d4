/** How a bad configuration is tested: by its exact complaints. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/parse-config.ts';
import { OnionmxError } from '../../src/errors.ts';
import { rootEnvironment } from './made-up-environment.ts';

export interface BadConfig {
  readonly why: string;
  readonly text: string;
  /** Behind `c.yaml:` */
  readonly complaints: readonly string[];
}

export function testBadConfigs(badConfigs: readonly BadConfig[]): void {
  for (const { why, text, complaints } of badConfigs) {
    test(`bad configuration: ${why}`, () => {
      assert.throws(
        () => parseConfig(text, 'c.yaml', rootEnvironment),
        (error) => {
          assert.ok(error instanceof OnionmxError);
          assert.equal(error.code, 'config-invalid');
          assert.match(error.hint ?? '', /onionmx config --check/);
          assert.deepEqual(
            error.message.split('\n'),
            complaints.map((complaint) => `c.yaml:${complaint}`),
          );
          return true;
        },
      );
    });
  }
}
