/** A folder that lives as long as a test. The name is short: a Unix-domain socket path holds 107 bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface WithAfter {
  after(run: () => void): void;
}

export function makeTemporaryFolder(t: WithAfter): string {
  const folder = mkdtempSync(join(tmpdir(), 'omx-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
