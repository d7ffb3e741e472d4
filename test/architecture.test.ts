/** The rooms of the house (docs/architecture.md): arrows go down only, and sockets are opened in net/ alone. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'node:test';

const root = 'src';
const leaves = new Set(['config', 'errors.ts', 'log.ts', 'state-file.ts', 'write-file-atomically.ts']);
const capabilities = [
  'lookup',
  'routing',
  'delivery',
  'tor',
  'onion-keys',
  'relay-check',
  'setup',
  'doctor',
  'status',
];

/** For each room: the rooms whose files it may import. Its own files and the leaves are always allowed. */
const allowed: Record<string, readonly string[]> = {
  'main.ts': ['command-line', 'commands'],
  'command-line': ['commands'],
  commands: [...capabilities, 'mail-host', 'net', 'protocol'],
  lookup: ['routing', 'net', 'protocol'],
  delivery: ['routing', 'net', 'protocol'],
  routing: ['net', 'protocol'],
  tor: ['net', 'protocol'],
  'onion-keys': ['protocol'],
  'mail-host': ['protocol'],
  'relay-check': ['mail-host', 'net', 'protocol'],
  setup: ['mail-host', 'net', 'protocol'],
  doctor: ['mail-host', 'net', 'protocol'],
  status: ['net', 'protocol'],
  net: ['protocol'],
  protocol: [],
  config: ['protocol'],
  'errors.ts': [],
  'log.ts': [],
  'state-file.ts': [],
  'write-file-atomically.ts': [],
};
const socketModules = /^(?:node:)?(?:net|tls|dgram|dns|dns\/promises|http|https|http2)$/;
const impureModules =
  /^(?:node:)?(?:net|tls|dgram|dns|fs|fs\/promises|child_process|timers|timers\/promises)$/;

interface Import {
  readonly file: string;
  readonly target: string;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.flatMap(readImports);

function readImports(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g);
  return Array.from(found, ([, target = '']) => ({ file, target }));
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function roomOfTarget({ file, target }: Import): string {
  return roomOf(relative(root, normalize(join(root, dirname(file), target))));
}

test('every file lies in a known room', () => {
  assert.deepEqual(
    files.filter((file) => !(roomOf(file) in allowed)),
    [],
  );
});

test('imports go down only, and never sideways between capabilities', () => {
  const wrong = imports
    .filter(({ target }) => target.startsWith('.'))
    .filter((found) => {
      const [from, to] = [roomOf(found.file), roomOfTarget(found)];
      return from !== to && !leaves.has(to) && !(allowed[from] ?? []).includes(to);
    });
  assert.deepEqual(wrong, []);
});

test('only net/ opens sockets', () => {
  const wrong = imports.filter(({ file, target }) => socketModules.test(target) && roomOf(file) !== 'net');
  assert.deepEqual(wrong, []);
});

test('protocol/ is pure: no socket, file, process or clock', () => {
  const impure = imports.filter(
    ({ file, target }) => impureModules.test(target) && roomOf(file) === 'protocol',
  );
  const clocked = files.filter(
    (file) =>
      roomOf(file) === 'protocol' &&
      /Date\.now|new Date\(\)|setTimeout|setInterval|performance\.now|Math\.random/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
  );
  assert.deepEqual([impure, clocked], [[], []]);
});

test('no barrels, no catch-all folders', () => {
  const bad = files.filter((file) =>
    /(^|\/)(index\.ts|utils?|helpers?|common|types|misc|shared)(\/|\.ts|$)/.test(file),
  );
  assert.deepEqual(bad, []);
});

test('files stay small', () => {
  const long = files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 351);
  assert.deepEqual(long, []);
});
