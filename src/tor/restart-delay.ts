/** How long to wait before tor is started again. */

const firstDelayMs = 1000;
const longestDelayMs = 60_000;
const provenAfterMs = 60_000;

/** 1 s, doubling to 60 s while it dies young; a tor that was up for a minute has proved itself, and begins anew. */
export function nextRestartDelayMs(previousDelayMs: number, upMs: number): number {
  if (previousDelayMs === 0 || upMs >= provenAfterMs) return firstDelayMs;
  return Math.min(previousDelayMs * 2, longestDelayMs);
}
