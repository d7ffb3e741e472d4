/** In which order the exchangers of a domain are tried: RFC 2782, "Priority" and "Weight". */
import type { Exchanger, ExchangerSet } from './exchanger.ts';

/**
 * All exchangers, lowest priority number first, within a priority by weighted choice.
 * `random` gives numbers from 0 up to, but not including, 1.
 */
export function orderByWeight(exchangers: ExchangerSet, random: () => number): Exchanger[] {
  const priorities = [...new Set(exchangers.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  return priorities.flatMap((wanted) =>
    orderEqualPriority(
      exchangers.filter(({ priority }) => priority === wanted),
      random,
    ),
  );
}

function orderEqualPriority(exchangers: readonly Exchanger[], random: () => number): Exchanger[] {
  const left = arrange(exchangers, random);
  const ordered: Exchanger[] = [];
  while (left.length > 0) ordered.push(...left.splice(choose(left, random), 1));
  return ordered;
}

/** "In any order, except that all those with weight 0 are placed at the beginning"; shuffled, so that equals share the load. */
function arrange(exchangers: readonly Exchanger[], random: () => number): Exchanger[] {
  return exchangers
    .map((exchanger) => ({ exchanger, isWeighted: exchanger.weight > 0, lot: random() }))
    .toSorted((one, other) => Number(one.isWeighted) - Number(other.isWeighted) || one.lot - other.lot)
    .map(({ exchanger }) => exchanger);
}

/** The index of the first whose running sum reaches a number drawn from 0 to the sum of all, both included. */
function choose(exchangers: readonly Exchanger[], random: () => number): number {
  const sum = exchangers.reduce((total, { weight }) => total + weight, 0);
  const drawn = Math.floor(random() * (sum + 1));
  let runningSum = 0;
  return exchangers.findIndex(({ weight }) => {
    runningSum += weight;
    return runningSum >= drawn;
  });
}
