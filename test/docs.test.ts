/**
 * The pages for operators say what is true of the code. YAML in them is marked behind the word `yaml` of its fence:
 * `config` (a configuration file), `map` (a domain map) or `defaults` (what `onionmx config` prints); every mark is tested.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import type { z } from 'zod';
import { parseConfig } from '../src/config/parse-config.ts';
import { printConfig } from '../src/config/print-config.ts';
import { settingsSchema } from '../src/config/schema.ts';
import { fieldsOf } from '../src/config/schema-tree.ts';
import { mergeMaps } from '../src/routing/map/domain-map.ts';
import { parseDomainMapFile } from '../src/routing/map/domain-map-file.ts';
import { rootEnvironment } from './config/made-up-environment.ts';

interface Text {
  readonly file: string;
  readonly text: string;
}

const pages = listFiles('.', '.md', false).concat(listFiles('docs', '.md', true));
const sources = listFiles('src', '.ts', true);

function listFiles(folder: string, ending: string, recursive: boolean): Text[] {
  const names = readdirSync(folder, { recursive, encoding: 'utf8' }).filter((name) => name.endsWith(ending));
  const files = names.map((name) => join(folder, name)).sort();
  return files.map((file) => ({ file, text: readFileSync(file, 'utf8') }));
}

function read(file: string): string {
  return pages.find((page) => page.file === file)?.text ?? '';
}

/** Every match as `file: first group`. */
function findAll(texts: readonly Text[], pattern: RegExp): string[] {
  return texts.flatMap(({ file, text }) =>
    Array.from(text.matchAll(pattern), ([, found = '']) => `${file}: ${found}`),
  );
}

interface Fence extends Text {
  /** What stands behind the three backticks. */
  readonly info: string;
}

const fences = pages.flatMap(({ file, text }) =>
  Array.from(
    text.matchAll(/^ *```(.*)\n([^]*?)^ *```/gm),
    ([, info = '', inside = '']): Fence => ({ file, info, text: inside }),
  ),
);

// YAML

for (const { file, info, text } of fences.filter(isYaml)) {
  test(`an example in ${file} is right: ${info}: ${text.split('\n', 1).join()}`, () => {
    switch (info) {
      case 'yaml config':
        parseConfig(text, file, rootEnvironment);
        break;
      case 'yaml map':
        assert.ok(mergeMaps([parseDomainMapFile(text, file)]).size > 0);
        break;
      default:
        assert.equal(info, 'yaml defaults');
    }
  });
}

function isYaml({ info }: Fence): boolean {
  return /^ya?ml\b/.test(info);
}

test('docs/configuration.md shows the defaults of root on a host with Postfix', () => {
  const environment = { ...rootEnvironment, canWrite: (path: string) => path === '/var/spool/postfix' };
  const shown = fences.filter(({ info }) => info === 'yaml defaults');
  assert.deepEqual(
    shown.map(({ text }) => text),
    [printConfig(parseConfig('', 'c.yaml', environment))],
  );
});

function listSettings(schema: z.core.$ZodType, path: string): string[] {
  return Object.entries(fieldsOf(schema)).flatMap(([name, field]) => {
    const here = path === '' ? name : `${path}.${name}`;
    return [here, ...listSettings(field, here)];
  });
}

test('settings that are named exist', () => {
  const settings = listSettings(settingsSchema, '');
  const sections = settings.filter((setting) => !setting.includes('.')).join('|');
  const pattern = new RegExp(
    '`((?:' + sections + String.raw`)\.(?!ts\b|sock\b)[a-z]\w*)\b[^\`\n]*` + '`',
    'g',
  );
  const named = findAll([...pages, ...sources], pattern);
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter((found) => !settings.includes(found.slice(found.indexOf(': ') + 2))),
    [],
  );
});

// commands

/** Of each command (`check relay` is one), and of `onionmx` itself under the empty name: what it says of itself. */
const helpOf = new Map<string, string>();

before(() => readHelpBelow([]));

async function readHelpBelow(command: readonly string[]): Promise<void> {
  const help = await readHelp(...command);
  helpOf.set(command.join(' '), help);
  const commands = help.split('\nCommands:\n')[1] ?? '';
  const names = Array.from(commands.matchAll(/^ {2}([a-z][a-z-]*)(?= |\n)/gm), ([, name = '']) => name);
  await Promise.all(names.filter((name) => name !== 'help').map((name) => readHelpBelow([...command, name])));
}

async function readHelp(...command: readonly string[]): Promise<string> {
  const args = ['--import', 'tsx', 'src/main.ts', ...command, '--help'];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

test('commands and options that are named exist', () => {
  const commands = [...helpOf.keys()].filter((name) => name !== '').join('|');
  const lines = [
    ...findAll([...pages, ...sources], /`(?:npx )?onionmx ([-a-z][^`]*)`/g),
    ...findAll(fences, /^(?:npx )?onionmx ([^#>|\n]*)/gm),
    ...findAll(sources, new RegExp(`: onionmx ((?:${commands})\\b[^;'\`\n]*)`, 'g')),
  ];
  assert.ok(lines.length > 40);
  assert.deepEqual(lines.filter(isWrong), []);
});

function isWrong(found: string): boolean {
  const words = found.slice(found.indexOf(': ') + 2).split(/\s+/);
  const [first = '', second = ''] = words;
  const help = helpOf.get(`${first} ${second}`) ?? helpOf.get(first.startsWith('-') ? '' : first);
  const options = words.filter((word) => /^--?[a-z]/i.test(word));
  return help === undefined || options.some((option) => !hasOption(help, option));
}

function hasOption(help: string, option: string): boolean {
  return help.split(/[\s,]+/).includes(option.replace(/\W+$/, ''));
}

test('scripts that are named exist', () => {
  const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
  assert.ok(typeof manifest === 'object' && manifest !== null && 'scripts' in manifest);
  const { scripts } = manifest;
  assert.ok(typeof scripts === 'object' && scripts !== null);
  const named = findAll(pages, /\bnpm run ([a-z][a-z0-9:]*)/g);
  assert.deepEqual(
    named.filter((found) => !(found.slice(found.indexOf(': ') + 2) in scripts)),
    [],
  );
});

// the texts of errors

test('the texts that docs/errors.md quotes are in the sources', () => {
  const all = sources.map(({ text }) => text).join('\n');
  const quotes = Array.from(read('docs/errors.md').matchAll(/_"([^\n]+?)"_/g), ([, quote = '']) => quote);
  const pieces = quotes.flatMap((quote) => quote.split('…').map((piece) => piece.trim()));
  assert.ok(pieces.length > 50);
  assert.deepEqual(
    pieces.filter((piece) => !all.includes(piece)),
    [],
  );
});

// the whole

test('links lead to files and headings that are there', () => {
  const broken = pages.flatMap(({ file, text }) =>
    Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target) && !isThere(file, target))
      .map((target) => `${file}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

function isThere(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || anchorsOf(read(file)).includes(anchor);
}

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
}

test('README.md leads to every page, and is read in a few minutes', () => {
  const readme = read('README.md');
  // those of a folder are led to by the page of its name
  const unlinked = pages.filter(
    ({ file }) => file !== 'README.md' && !/^docs\/.*\//.test(file) && !readme.includes(`](${file})`),
  );
  assert.deepEqual(
    unlinked.map(({ file }) => file),
    [],
  );
  assert.ok(readme.trimEnd().split('\n').length <= 100);
});

test('CHANGELOG.md has an entry for this version', () => {
  const [, version = ''] = /"version": "([^"]+)"/.exec(readFileSync('package.json', 'utf8')) ?? [];
  assert.match(read('CHANGELOG.md'), new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm'));
});
