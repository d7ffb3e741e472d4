/** What `npm ci` needs of the lock file on another machine: the packages of every platform, and no addresses of one registry. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      resolved: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).default({}),
    }),
  ),
});
const { packages } = lockSchema.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));

test('each optional package of a package is locked, whatever the platform: make the file anew without node_modules', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(path, name)),
  );
  assert.deepEqual(missing, []);
});

function isLocked(path: string, name: string): boolean {
  return `${path}/node_modules/${name}` in packages || `node_modules/${name}` in packages;
}

test('no package is bound to the address of a registry', () => {
  const bound = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined);
  assert.deepEqual(bound, []);
});
