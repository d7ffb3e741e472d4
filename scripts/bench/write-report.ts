/** The tables of a run as Markdown, the part of a page that holds them, and everything as JSON. */
import { readFile, writeFile } from 'node:fs/promises';
import { benchCases } from './case-list.ts';
import type { Machine } from './describe-machine.ts';
import { round } from './results.ts';
import type { CaseSummary, Row } from './summarise.ts';

export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly quick: boolean;
  readonly seconds: number;
  readonly cases: readonly CaseSummary[];
  readonly complaints: readonly string[];
}

const marks = { begin: '<!-- bench: begin -->', end: '<!-- bench: end -->' } as const;

export function formatReport(report: Report): string {
  const { machine, rounds, seconds, cases, complaints, quick } = report;
  return [
    `${machine.cores} cores (${machine.processor}), Node ${machine.node}, ${machine.tor}, Postfix ${machine.postfix}, torsocks ${machine.torsocks}; ${rounds} rounds in ${Math.round(seconds / 60)} minutes, load ${machine.load} at the beginning${quick ? '; **a quick run: the figures say little**' : ''}.`,
    ...cases.flatMap((each) => ['', ...formatCase(each)]),
    ...(complaints.length === 0
      ? []
      : ['', 'Seen besides:', '', ...complaints.map((text) => `- ${escape(text)}`)]),
  ].join('\n');
}

function formatCase({ name, title, unit, better, rows }: CaseSummary): string[] {
  const ratioNames = benchCases[name].references.map((reference) => reference.name);
  const noteNames = [...new Set(rows.flatMap(({ notes }) => Object.keys(notes)))];
  const heads = ['', 'who', `${unit} (noise)`, ...ratioNames.map((of) => `÷ ${of}`), ...noteNames];
  return [
    `### ${title}`,
    '',
    `${unit[0]?.toUpperCase()}${unit.slice(1)}: ${better} is better.`,
    '',
    toLine(heads),
    toLine(heads.map(() => '---')),
    ...rows.map((row) => toLine(formatRow(row, ratioNames, noteNames))),
  ];
}

function formatRow(row: Row, ratioNames: readonly string[], noteNames: readonly string[]): string[] {
  const [least, greatest] = row.spread;
  const ratios = ratioNames.map((name) => {
    const ratio = row.ratios.find(({ of }) => of === name);
    return ratio === undefined
      ? ''
      : `**${ratio.median.toFixed(2)}** (${ratio.least.toFixed(2)}–${ratio.greatest.toFixed(2)})`;
  });
  const notes = noteNames.map((name) => {
    const value = row.notes[name];
    return value === undefined ? '' : round(value);
  });
  const figure = `${round(row.median)} (${least.toFixed(2)}–${greatest.toFixed(2)})`;
  return [row.setting, row.who, figure, ...ratios, ...notes];
}

function toLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function escape(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

/** What is before the two marks and what is behind them. Throws when they are not there: better asked before a long run. */
export async function readPage(file: string): Promise<readonly [head: string, tail: string]> {
  const page = await readFile(file, 'utf8');
  const [begin, end] = [page.indexOf(marks.begin), page.indexOf(marks.end)];
  if (begin < 0 || end < begin) throw new Error(`${file} lacks the marks ${marks.begin} and ${marks.end}`);
  return [page.slice(0, begin + marks.begin.length), page.slice(end)];
}

/** Replaces what is between the two marks. */
export async function writePage(file: string, report: Report): Promise<void> {
  const [head, tail] = await readPage(file);
  await writeFile(file, `${head}\n\n${formatReport(report)}\n\n${tail}`);
}

export async function writeJson(file: string, report: Report, samples: readonly unknown[]): Promise<void> {
  await writeFile(file, `${JSON.stringify({ ...report, samples }, undefined, 1)}\n`);
}
