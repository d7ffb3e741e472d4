/** Writes a map again and again, longer each time, with a line for each write; until it is killed. The argument is the file. */
import process from 'node:process';
import { writeMapFile } from '../../../src/routing/map/write-map-file.ts';
import { makeMapText } from './made-up-map.ts';

const [file = ''] = process.argv.slice(2);
for (let domains = 1; ; domains++) {
  process.stdout.write(`${domains}\n`);
  await writeMapFile(file, makeMapText(domains));
}
