/** Where a process of Node spent its time, from what `node --cpu-prof` writes: the functions with the most time of their own. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import process from 'node:process';
import { z } from 'zod';

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

const shownFunctions = 25;

/** As Markdown: percent of the time in which the process was not idle. */
export async function summariseProfiles(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  const tables = await Promise.all(names.map(async (name) => summariseProfile(join(folder, name))));
  return tables.join('\n\n');
}

async function summariseProfile(file: string): Promise<string> {
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const names = new Map(nodes.map(({ id, callFrame }) => [id, describeFrame(callFrame)]));
  const ownMs = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '?';
    ownMs.set(name, (ownMs.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  const busy = [...ownMs].filter(([name]) => name !== '(idle)').sort(([, a], [, b]) => b - a);
  const totalMs = busy.reduce((sum, [, ms]) => sum + ms, 0);
  const rows = busy.slice(0, shownFunctions);
  return [
    `${basename(file)}: busy for ${(totalMs / 1000).toFixed(1)} s`,
    '',
    '| % | function |',
    '| --- | --- |',
    ...rows.map(([name, ms]) => `| ${((100 * ms) / totalMs).toFixed(1)} | ${name.replaceAll('|', '/')} |`),
  ].join('\n');
}

function describeFrame({
  functionName,
  url,
  lineNumber,
}: {
  functionName: string;
  url: string;
  lineNumber: number;
}) {
  if (url === '') return functionName;
  const place = url.replace(`file://${process.cwd()}/`, '');
  return `${functionName === '' ? 'nameless' : functionName} (${place}:${lineNumber + 1})`;
}
