/** The findings as text: by area, one line each, with the reason and the next command below what is not ok. */
import { areas, type DoctorFinding, type Severity } from './finding.ts';

const severityWidth = 8;
const indent = ' '.repeat(severityWidth + 1);
const severities = ['ok', 'warning', 'error', 'unknown'] as const;

export function sortByArea(findings: readonly DoctorFinding[]): readonly DoctorFinding[] {
  return areas.flatMap((area) => findings.filter((finding) => finding.area === area));
}

export function formatFindings(findings: readonly DoctorFinding[]): string {
  return [...findings.map(formatFinding), formatCounts(findings)].map((text) => `${text}\n`).join('');
}

function formatFinding({ area, id, severity, fact, reason, next }: DoctorFinding): string {
  const name = severity === 'ok' ? '' : ` (${id})`;
  const lines = [
    `${severity.padEnd(severityWidth)} ${area}: ${fact}${name}`,
    ...(reason === undefined ? [] : [reason]),
    ...(next === undefined ? [] : [`→ ${next}`]),
  ];
  return lines.flatMap((line) => line.split('\n')).join(`\n${indent}`);
}

export function countSeverities(findings: readonly DoctorFinding[]): Readonly<Record<Severity, number>> {
  const count = (wanted: Severity) => findings.filter(({ severity }) => severity === wanted).length;
  return {
    ok: count('ok'),
    warning: count('warning'),
    error: count('error'),
    unknown: count('unknown'),
  };
}

function formatCounts(findings: readonly DoctorFinding[]): string {
  const counts = countSeverities(findings);
  return severities.map((severity) => `${counts[severity]} ${severity}`).join(', ');
}
