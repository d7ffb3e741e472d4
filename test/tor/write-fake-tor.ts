/** Makes fake-tor.ts a program: a file that can be executed like tor. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Returns the path of the program. */
export function writeFakeTor(folder: string): string {
  const file = join(folder, 'tor');
  const source = fileURLToPath(new URL('fake-tor.ts', import.meta.url));
  const words = [process.execPath, '--import', import.meta.resolve('tsx'), source];
  const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  writeFileSync(file, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  return file;
}
