/** What setup would change on this host, before anything is changed. */

export interface FileChange {
  /** Absolute. */
  readonly path: string;
  /** undefined: there is no such file yet. */
  readonly before: string | undefined;
  readonly after: string;
  /** Why, one sentence for each thing that changes. */
  readonly reasons: readonly string[];
}

/** A program that is run after the files are written. */
export interface Deed {
  readonly command: string;
  readonly args: readonly string[];
  /** What people are shown, where the arguments are a script. */
  readonly shown?: string | undefined;
}

export interface Plan {
  /** Empty: all is as it should be. */
  readonly changes: readonly FileChange[];
  /** They say whether the new files can be used; nothing runs with them yet. */
  readonly checks: readonly Deed[];
  /** They make the services use the new files. */
  readonly reloads: readonly Deed[];
  /** What the operator should know or do, that no file can say. */
  readonly notes: readonly string[];
}

export const emptyPlan: Plan = { changes: [], checks: [], reloads: [], notes: [] };

/** Checks and reloads that are asked for twice run once. */
export function joinPlans(plans: readonly Plan[]): Plan {
  return {
    changes: plans.flatMap(({ changes }) => changes),
    checks: uniqueDeeds(plans.flatMap(({ checks }) => checks)),
    reloads: uniqueDeeds(plans.flatMap(({ reloads }) => reloads)),
    notes: [...new Set(plans.flatMap(({ notes }) => notes))],
  };
}

export function formatDeed({ command, args, shown }: Deed): string {
  return shown ?? [command, ...args].join(' ');
}

function uniqueDeeds(deeds: readonly Deed[]): Deed[] {
  return [...new Map(deeds.map((deed) => [formatDeed(deed), deed])).values()];
}
