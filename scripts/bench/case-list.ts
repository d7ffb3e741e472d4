/** Each case: what it is called, what its figures are, what they are compared with, and how it is run. */
import { bareConnect, measureCold } from './cases/cold.ts';
import { measureBurst, measureDomains } from './cases/burst.ts';
import { measureLarge, streamOf } from './cases/large.ts';
import { bareEcho, measureLookups } from './cases/lookups.ts';
import { bareServer, measureStart } from './cases/start.ts';
import { echoOf, measureWarm } from './cases/warm.ts';
import type { CaseName } from './read-arguments.ts';
import type { CaseContext } from './run-case.ts';

export interface BenchCase {
  readonly title: string;
  /** Of the figures. */
  readonly unit: string;
  readonly better: 'less' | 'more';
  /** By what the figure of somebody is divided, in the words of the table, and who that is. */
  readonly references: readonly { readonly name: string; readonly of: (who: string) => string }[];
  readonly measure: (context: CaseContext) => Promise<void>;
}

export const benchCases: Readonly<Record<CaseName, BenchCase>> = {
  cold: {
    title: 'First mail to a cold exchanger',
    unit: 'milliseconds',
    better: 'less',
    references: [{ name: bareConnect, of: () => bareConnect }],
    measure: measureCold,
  },
  warm: {
    title: 'Single mails to a warm exchanger',
    unit: 'milliseconds',
    better: 'less',
    references: [{ name: 'echo on the same circuit', of: echoOf }],
    measure: measureWarm,
  },
  burst: {
    title: '200 mails of 10 kB at once to one domain',
    unit: 'mails a second',
    better: 'more',
    references: [
      { name: 'without Tor', of: () => 'without Tor' },
      { name: 'torsocks', of: () => 'torsocks' },
    ],
    measure: measureBurst,
  },
  domains: {
    title: '20 domains, 20 mails of 10 kB each, at once, all circuits new',
    unit: 'mails a second',
    better: 'more',
    references: [
      { name: 'without Tor', of: () => 'without Tor' },
      { name: 'torsocks', of: () => 'torsocks' },
    ],
    measure: measureDomains,
  },
  large: {
    title: 'One mail of 20 MB',
    unit: 'MB a second',
    better: 'more',
    references: [{ name: 'stream on the same circuit', of: streamOf }],
    measure: measureLarge,
  },
  lookups: {
    title: 'Lookups',
    unit: 'answers a second',
    better: 'more',
    references: [{ name: bareEcho, of: () => bareEcho }],
    measure: measureLookups,
  },
  start: {
    title: 'From the start to the first answer',
    unit: 'milliseconds',
    better: 'less',
    references: [{ name: bareServer, of: () => bareServer }],
    measure: measureStart,
  },
};
