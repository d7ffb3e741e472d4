/** `onionmx map diff <file> <file>`: what two maps say differently, whatever their form and order. */
import { invalidMap, joinMaps, listExchangers } from '../../routing/map/domain-map.ts';
import { parseDomainMapFile } from '../../routing/map/domain-map-file.ts';
import { readMapTexts } from '../../routing/map/load-domain-map.ts';
import { compareMaps, type MapDifference } from '../../routing/map/map-difference.ts';
import { exitCode } from '../exit-code.ts';
import { formatJson } from '../json.ts';

export interface MapDiffOptions {
  /** Files, or folders of files. */
  readonly before: string;
  readonly after: string;
  readonly json: boolean;
}

/** 0 when they say the same, else 1, as diff(1). Throws `map-unreadable` and `map-invalid`. */
export async function runMapDiffCommand(
  { before, after, json }: MapDiffOptions,
  out: (text: string) => void,
): Promise<number> {
  const differences = compareMaps(await readEntries(before), await readEntries(after));
  out(json ? formatJson({ differences: differences.map(toJson) }) : differences.map(toText).join(''));
  return differences.length === 0 ? exitCode.ok : exitCode.different;
}

async function readEntries(path: string) {
  const files = (await readMapTexts([path])).map(({ file, text }) => parseDomainMapFile(text, file));
  const { entries, complaints } = joinMaps(files);
  if (complaints.length > 0) throw invalidMap(complaints);
  return entries;
}

function toText({ domain, before, after }: MapDifference): string {
  const lines = [
    ...(before === undefined ? [] : [`- ${domain}  ${listExchangers(before)}\n`]),
    ...(after === undefined ? [] : [`+ ${domain}  ${listExchangers(after)}\n`]),
  ];
  return lines.join('');
}

function toJson({ domain, before, after }: MapDifference) {
  return { domain, before: before ?? null, after: after ?? null };
}
