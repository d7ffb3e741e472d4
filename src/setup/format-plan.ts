/** A plan as the operator reads it: each file with the reasons and the exact change. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { type FileChange, formatDeed, type Plan } from './plan.ts';

const contextLines = 2;

export function formatPlan({ changes, checks, reloads, notes }: Plan): string {
  const deeds = [...checks, ...reloads].map((deed) => `  ${formatDeed(deed)}\n`).join('');
  return [
    ...changes.map(formatChange),
    ...(deeds === '' ? [] : [`Then:\n${deeds}`]),
    ...notes.map((note) => `Note: ${note}\n`),
  ].join('\n');
}

/** The unified diff of a change, for people and for patch(1). */
export function formatDiff({ path, before, after }: FileChange): string {
  const from = before === undefined ? '/dev/null' : path;
  const options = { context: contextLines, headerOptions: FILE_HEADERS_ONLY };
  return createTwoFilesPatch(from, path, before ?? '', after, undefined, undefined, options);
}

function formatChange(change: FileChange): string {
  const what = change.before === undefined ? 'a new file' : 'changes';
  const reasons = change.reasons.map((reason) => `- ${reason}\n`).join('');
  return `${change.path}: ${what}\n${reasons}\n${formatDiff(change)}`;
}
