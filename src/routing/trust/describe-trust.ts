/** What is said to people about the evidence of a route: what was found, and what would be more. */
import { describeTime } from '../memory/describe-memory.ts';
import { type Evidence, isAtLeast } from '../evidence.ts';
import type { Check } from '../memory/memory-entry.ts';

/** `Looked at 2026-11-25T08:36Z: the proof by HTTPS: …` */
export function describeCheck(check: Check | undefined): string | undefined {
  return check === undefined ? undefined : `Looked at ${describeTime(check.atMs)}: ${check.found.join('; ')}`;
}

/** undefined when there is hardly a better one. */
export function describeMoreEvidence(evidence: Evidence): string | undefined {
  if (isAtLeast(evidence, 'proved')) return undefined;
  const ways = [
    'its operator publishes a proof (proved)',
    ...(isAtLeast(evidence, 'dnssec') ? [] : ['its zone is signed (dnssec)']),
    'or you put it into your map (pinned)',
  ];
  return `More evidence: ${ways.join(', ')}`;
}
