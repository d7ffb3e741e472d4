/** Where the tor program is. Operators' PATH often lacks /usr/sbin, where Debian puts it. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { OnionmxError } from '../errors.ts';

const furtherFolders = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin'];

/** A name is looked up in the folders of `path` (as $PATH) and in the usual ones; a path is taken as it is. Throws `tor-missing`. */
export async function findProgram(program: string, path: string | undefined): Promise<string> {
  if (program.includes('/')) {
    if (await isExecutable(program)) return resolve(program);
    throw missing(`${program} is not there, or may not be executed`);
  }
  const folders = [...(path ?? '').split(delimiter).filter((folder) => folder !== ''), ...furtherFolders];
  for (const folder of folders) {
    const file = resolve(join(folder, program));
    if (await isExecutable(file)) return file;
  }
  throw missing(`there is no program ${JSON.stringify(program)} on PATH, nor in /usr/sbin`);
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function missing(why: string): OnionmxError {
  return new OnionmxError('tor-missing', `cannot start tor: ${why}`, {
    hint: '`apt install tor`; or name the program in `tor.program`; or use a Tor that runs: `tor.use: running`',
  });
}
