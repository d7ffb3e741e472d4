/** `onionmx map add`, `remove`, `merge` and `format`: changes to the files of the map, shown as a diff. */
import { OnionmxError } from '../../errors.ts';
import { parseDomainName } from '../../protocol/domain-name.ts';
import type { Exchanger } from '../../protocol/exchanger.ts';
import { isSameSet } from '../../protocol/exchanger.ts';
import { parseOnionAddress } from '../../protocol/onion-address.ts';
import { parsePort } from '../../protocol/port.ts';
import { invalidMap, joinMaps, listExchangers } from '../../routing/map/domain-map.ts';
import { parseDomainMapFile } from '../../routing/map/domain-map-file.ts';
import { readMapTexts } from '../../routing/map/load-domain-map.ts';
import { addToMap, removeFromMap, tidyMap } from '../../routing/map/map-edit.ts';
import { exitCode } from '../exit-code.ts';
import { chooseFile, type MapEditOptions, readMapFiles, writeMapFiles } from './map-files.ts';

type Out = (text: string) => void;

/** `onions`: `AAA.onion` or `AAA.onion:26`. Throws `domain-invalid`, `address-…`, `port-invalid`, `map-…`. */
export async function runMapAddCommand(
  domain: string,
  onions: readonly string[],
  options: MapEditOptions,
  out: Out,
): Promise<number> {
  const addition = { domain: parseDomainName(domain), exchangers: onions.map(parseExchanger) };
  const files = await readMapFiles(options);
  const { file, text } = chooseFile(files);
  await writeMapFiles(files, [{ file, text: addToMap(text, [addition]) }], options, out);
  return exitCode.ok;
}

/** Out of every file that has it. Throws `domain-invalid`, `map-entry-missing` and `map-…`. */
export async function runMapRemoveCommand(
  domain: string,
  options: MapEditOptions,
  out: Out,
): Promise<number> {
  const name = parseDomainName(domain);
  const files = await readMapFiles(options);
  const changed = files.own.map(({ file, text }) => ({ file, text: removeFromMap(text, name) }));
  if (changed.every(({ text }, index) => text === files.own[index]?.text)) {
    const places = files.own.map(({ file }) => file).join(', ');
    throw new OnionmxError(
      'map-entry-missing',
      `the map has no entry for ${name} (${places === '' ? 'there is no file' : places})`,
      { hint: `see where its exchangers come from: \`onionmx lookup ${name}\`` },
    );
  }
  await writeMapFiles(files, changed, options, out);
  return exitCode.ok;
}

/** Sorted, a line for each domain. `names`: files; all of the configuration when there are none. */
export async function runMapFormatCommand(
  names: readonly string[],
  options: Omit<MapEditOptions, 'file'>,
  out: Out,
): Promise<number> {
  for (const file of names.length === 0 ? [undefined] : names) {
    const files = await readMapFiles({ ...options, file });
    const changed = files.own.map(({ file: name, text }) => ({ file: name, text: tidyMap(text) }));
    await writeMapFiles(files, changed, options, out);
  }
  return exitCode.ok;
}

/** What the other files say of domains that the map does not have. Throws `map-invalid` where they contradict it. */
export async function runMapMergeCommand(
  others: readonly string[],
  options: MapEditOptions,
  out: Out,
): Promise<number> {
  const files = await readMapFiles(options);
  const { file, text } = chooseFile(files);
  const [ours, theirs] = [readEntries(files.all), readEntries(await readMapTexts(others))];
  const complaints: string[] = [...theirs.complaints];
  const additions = Array.from(theirs.entries).flatMap(([domain, { exchangers, place }]) => {
    const known = ours.entries.get(domain);
    if (known === undefined) return [{ domain, exchangers }];
    if (!isSameSet(known.exchangers, exchangers)) {
      const [there, here] = [listExchangers(exchangers), listExchangers(known.exchangers)];
      complaints.push(`${place}: ${domain} has ${there} there, but ${here} at ${known.place}`);
    }
    return [];
  });
  if (complaints.length > 0) throw invalidMap(complaints);
  await writeMapFiles(files, [{ file, text: addToMap(text, additions) }], options, out);
  return exitCode.ok;
}

function readEntries(texts: Awaited<ReturnType<typeof readMapTexts>>) {
  return joinMaps(texts.map(({ file, text }) => parseDomainMapFile(text, file)));
}

function parseExchanger(text: string): Exchanger {
  const [, host = text, digits] = /^(.*):([^:]*)$/s.exec(text) ?? [];
  const port = digits === undefined ? 25 : parsePort(text, digits);
  return { onionAddress: parseOnionAddress(host), port, priority: 0, weight: 0 };
}
