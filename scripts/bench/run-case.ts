/** What each case gets to know, and the order in which all take their turn. */
import type { BenchBed } from './bench-bed.ts';
import type { Contestant } from './contestant.ts';
import type { Plan } from './read-arguments.ts';
import type { Results } from './results.ts';

export interface CaseContext {
  readonly bed: BenchBed;
  readonly plan: Plan;
  readonly results: Results;
}

export interface Turn extends CaseContext {
  readonly roundTripMs: number;
  /** `300 ms added`. */
  readonly setting: string;
  /** From 0. */
  readonly round: number;
}

/** A B C A B C: what changes on the machine meanwhile changes for all. */
export async function takeTurns(
  context: CaseContext,
  roundTripsMs: readonly number[],
  contestants: readonly Contestant[],
  measure: (contestant: Contestant, turn: Turn) => Promise<void>,
): Promise<void> {
  for (const roundTripMs of context.plan.roundTripsMs ?? roundTripsMs) {
    context.bed.setRoundTripMs(roundTripMs);
    const setting = `${roundTripMs} ms added`;
    for (let round = 0; round < context.plan.rounds; round += 1)
      for (const contestant of contestants)
        await measure(contestant, { ...context, roundTripMs, setting, round });
  }
  context.bed.setRoundTripMs(0);
}
