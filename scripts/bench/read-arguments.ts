/** What the benchmark is asked to do, from its command line. */
import { parseArgs } from 'node:util';

const caseNames = ['cold', 'warm', 'burst', 'domains', 'large', 'lookups', 'start'] as const;
export type CaseName = (typeof caseNames)[number];

export interface Plan {
  readonly cases: readonly CaseName[];
  /** Undefined: those of each case. */
  readonly roundTripsMs: readonly number[] | undefined;
  readonly rounds: number;
  /** Fewer and smaller, for those who work on the benchmark: the figures say little. */
  readonly quick: boolean;
  readonly jsonFile: string | undefined;
  /** A page whose part between the two marks is written anew. */
  readonly pageFile: string | undefined;
  /** Where `node --cpu-prof` of onionmx goes. */
  readonly profileFolder: string | undefined;
}

export type Wish =
  | { readonly kind: 'run'; readonly plan: Plan }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly complaint: string };

export const usage = `usage: npm run bench [-- options]

Compares onionmx with Postfix under torsocks and under torsocks -i, on a private Tor network on this
machine. Nothing leaves the machine. All cases take about a quarter of an hour. Needs root.

  --only CASES         of ${caseNames.join(', ')}
  --round-trips LIST   added round trips in milliseconds, such as 0,300,800
  --rounds N           how often all take their turn; default 2
  --quick              fewer and smaller, to work on the benchmark; the figures say little
  --json FILE          writes all figures, with every sample
  --page FILE          writes the tables into the page, between its two marks
  --profile FOLDER     also profiles onionmx there, and prints where its time went; slows it down
  --help               this text
`;

const options = {
  only: { type: 'string' },
  'round-trips': { type: 'string' },
  rounds: { type: 'string' },
  quick: { type: 'boolean' },
  json: { type: 'string' },
  page: { type: 'string' },
  profile: { type: 'string' },
  help: { type: 'boolean' },
} as const;

export function readArguments(args: readonly string[]): Wish {
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help === true) return { kind: 'help' };
    const quick = values.quick === true;
    const plan = {
      cases: values.only === undefined ? caseNames : values.only.split(',').map(readCase),
      roundTripsMs: values['round-trips']?.split(',').map((text) => readNumber(text, 0)),
      rounds: values.rounds === undefined ? (quick ? 1 : 2) : readNumber(values.rounds, 1),
      quick,
      jsonFile: values.json,
      pageFile: values.page,
      profileFolder: values.profile,
    };
    return { kind: 'run', plan };
  } catch (error) {
    return { kind: 'wrong', complaint: error instanceof Error ? error.message : String(error) };
  }
}

function readCase(name: string): CaseName {
  const found = caseNames.find((known) => known === name);
  if (found === undefined) throw new Error(`there is no case ${JSON.stringify(name)}`);
  return found;
}

function readNumber(text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || text === '')
    throw new Error(`${JSON.stringify(text)} is no whole number from ${least} on`);
  return value;
}
