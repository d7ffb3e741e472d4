/** Samples to rows: medians, how far the samples lie apart, and ratios. */
import { benchCases } from './case-list.ts';
import type { CaseName } from './read-arguments.ts';
import type { Sample } from './results.ts';
import { median } from './statistics.ts';

interface Ratio {
  /** What the figure is divided by. */
  readonly of: string;
  readonly median: number;
  /** The least and the greatest sample, by the median of the reference. */
  readonly least: number;
  readonly greatest: number;
}

export interface Row {
  readonly setting: string;
  readonly who: string;
  readonly samples: number;
  readonly median: number;
  /** The least and the greatest sample, by the median of this row itself: the noise. */
  readonly spread: readonly [number, number];
  /** None of what is a reference itself. */
  readonly ratios: readonly Ratio[];
  /** Medians. */
  readonly notes: Readonly<Record<string, number>>;
}

export interface CaseSummary {
  readonly name: CaseName;
  readonly title: string;
  readonly unit: string;
  readonly better: 'less' | 'more';
  readonly rows: readonly Row[];
}

export function summariseCase(name: CaseName, samples: readonly Sample[]): CaseSummary {
  const { title, unit, better } = benchCases[name];
  const groups = groupBy(samples, ({ setting, who }) => `${setting}\n${who}`);
  const rows = [...groups.values()].flatMap((group) => toRow(name, group, samples));
  const settings = [...new Set(rows.map(({ setting }) => setting))];
  return {
    name,
    title,
    unit,
    better,
    rows: settings.flatMap((setting) => rows.filter((row) => row.setting === setting)),
  };
}

function toRow(name: CaseName, group: readonly Sample[], all: readonly Sample[]): Row[] {
  const [first] = group;
  if (first === undefined) return [];
  const { setting, who } = first;
  const values = group.map(({ value }) => value);
  const middle = median(values);
  const ratios = benchCases[name].references.flatMap((reference) => {
    const others = all.filter((sample) => sample.setting === setting && sample.who === reference.of(who));
    if (others.length === 0 || reference.of(who) === who) return [];
    const base = median(others.map(({ value }) => value));
    return { of: reference.name, ...spreadOf(values, base) };
  });
  const { least, greatest } = spreadOf(values, middle);
  const spread = [least, greatest] as const;
  const notes = mediansOfNotes(group);
  return [{ setting, who, samples: values.length, median: middle, spread, ratios, notes }];
}

function spreadOf(values: readonly number[], base: number) {
  return {
    median: median(values) / base,
    least: Math.min(...values) / base,
    greatest: Math.max(...values) / base,
  };
}

function mediansOfNotes(group: readonly Sample[]): Record<string, number> {
  const names = [...new Set(group.flatMap(({ notes }) => Object.keys(notes ?? {})))];
  return Object.fromEntries(
    names.map((name) => [name, median(group.flatMap(({ notes }) => notes?.[name] ?? []))]),
  );
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
