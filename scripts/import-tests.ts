/** Imports the test files that it is given: all their tests in one process, which halves the time of a process for each. */
import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

for (const file of process.argv.slice(2)) await import(pathToFileURL(resolve(file)).href);
