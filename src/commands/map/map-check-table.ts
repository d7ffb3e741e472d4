/** What DNS and the exchangers said of each entry of a map, as a table for people. */
import type { EntryCheck } from './map-check-online.ts';

const head = ['domain', 'SRV', 'proof', 'postmaster', 'exchanger'] as const;

/** A row for each exchanger; whatever is not as it should be has its reason below. */
export function formatEntryChecks(checks: readonly EntryCheck[]): string {
  const rows = checks.flatMap(rowsOf);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const format = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...rows.flatMap(({ cells, reasons }) => [cells, ...reasons.map((reason) => [`  ${reason}`])])]
    .map((cells) => (cells.length === 1 ? cells.join('') : format(cells)))
    .join('\n');
}

interface Row {
  readonly cells: readonly string[];
  readonly reasons: readonly string[];
}

function rowsOf({ domain, srv, proof, exchangers }: EntryCheck): Row[] {
  return exchangers.map(({ exchanger, result, said }, index) => ({
    cells: [domain, srv.result, proof.result, result, exchanger],
    reasons: [
      ...(index === 0 && (srv.result === 'differs' || srv.result === 'failed') ? [`SRV: ${srv.said}`] : []),
      ...(index === 0 && (proof.result === 'differs' || proof.result === 'refused')
        ? [`proof: ${proof.said}`]
        : []),
      ...(result === 'accepts' ? [] : [said]),
    ],
  }));
}
