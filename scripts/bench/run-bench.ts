/** The benchmark from its first line to its last: bring up, measure case by case, report, take down. */
import process from 'node:process';
import { say, sayTitle } from '../demo/show.ts';
import { startBenchBed } from './bench-bed.ts';
import { benchCases } from './case-list.ts';
import { describeMachine } from './describe-machine.ts';
import type { Plan } from './read-arguments.ts';
import { createResults } from './results.ts';
import { summariseCase } from './summarise.ts';
import { summariseProfiles } from './summarise-profile.ts';
import { formatReport, type Report, writeJson, writePage } from './write-report.ts';

/** Resolves with whether every case ran to its end; what did not has been printed. */
export async function runBench(plan: Plan): Promise<boolean> {
  const startedMs = performance.now();
  sayTitle('onionmx bench');
  say('\nBringing it up; most of it in half a minute');
  const machine = await describeMachine();
  const results = createResults(say);
  const bed = await startBenchBed(showStep, plan.profileFolder);
  let isWhole = true;
  try {
    for (const name of plan.cases) {
      sayTitle(`\n${benchCases[name].title}`);
      try {
        await benchCases[name].measure({ bed, plan, results });
      } catch (error) {
        isWhole = false;
        results.complain(`${name} ended early: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await bed.stop();
  }
  const cases = plan.cases.map((name) =>
    summariseCase(
      name,
      results.samples.filter((sample) => sample.case === name),
    ),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const { complaints } = results;
  const report: Report = { machine, rounds: plan.rounds, quick: plan.quick, seconds, cases, complaints };
  process.stdout.write(`\n${formatReport(report)}\n`);
  if (plan.jsonFile !== undefined) await writeJson(plan.jsonFile, report, results.samples);
  if (plan.pageFile !== undefined) await writePage(plan.pageFile, report);
  if (plan.profileFolder !== undefined)
    process.stdout.write(`\n${await summariseProfiles(plan.profileFolder)}\n`);
  return isWhole;
}

function showStep(step: string, ms: number): void {
  say(`  ${(ms / 1000).toFixed(1).padStart(5)} s  ${step}`);
}
