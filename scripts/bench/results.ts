/** The samples of a run, by case, setting and who was measured. */
import type { CaseName } from './read-arguments.ts';

export interface Sample {
  readonly case: CaseName;
  /** Such as `300 ms added`. Only what has the same setting is compared. */
  readonly setting: string;
  readonly who: string;
  /** In the unit of the case. */
  readonly value: number;
  /** What else was seen, by its name with its unit, such as `CPU ms a mail`. */
  readonly notes?: Readonly<Record<string, number>>;
}

export interface Results {
  readonly add: (sample: Sample) => void;
  /** Something that went wrong, for the reader of the table. */
  readonly complain: (text: string) => void;
  readonly samples: readonly Sample[];
  readonly complaints: readonly string[];
}

export function createResults(say: (line: string) => void): Results {
  const samples: Sample[] = [];
  const complaints: string[] = [];
  return {
    samples,
    complaints,
    add: (sample) => {
      samples.push(sample);
      const notes = Object.entries(sample.notes ?? {}).map(([name, value]) => `${name} ${round(value)}`);
      say(
        `  ${sample.case}, ${sample.setting}, ${sample.who}: ${round(sample.value)}${notes.map((note) => `; ${note}`).join('')}`,
      );
    },
    complain: (text) => {
      complaints.push(text);
      say(`  ! ${text}`);
    },
  };
}

/** To three digits, as far as they mean anything. */
export function round(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
}
