/** Which files the configured paths of the domain map stand for. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file stands for itself, a folder for its `*.yml` and `*.yaml` files by name, hidden ones aside. Throws as node:fs does. */
export function listMapFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => /^[^.].*\.ya?ml$/.test(name));
  return names.toSorted().map((name) => join(path, name));
}
