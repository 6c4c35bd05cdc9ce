/** Result files: one per run, and latest.json with the latest runs of each workload, from which documents.ts writes two pages. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { BENCH } from './contenders.ts';
import { LATEST, PAGES, RUNS, writePages, type Latest } from './documents.ts';
import type { Report } from './report.ts';

const RESULTS = `${BENCH}results/`;

/** A complete run of this checkout also updates latest.json and the pages. Other results are not kept. */
export function save(report: Report, isKept: boolean): readonly string[] {
  mkdirSync(RESULTS, { recursive: true });
  const stamp = report.startedAt.slice(0, 19).replaceAll(':', '-');
  const own = `${RESULTS}${stamp}${isKept ? '' : '-not-kept'}.json`;
  writeJson(own, report);
  if (!isKept) return [own];
  const latest = withReport(report);
  writeJson(LATEST, latest);
  writePages();
  return [own, LATEST, ...PAGES];
}

const writeJson = (path: string, value: unknown): void => {
  writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`);
};

/** Workloads that were not measured now keep their results. */
function withReport(report: Report): Latest {
  const before = existsSync(LATEST) ? (JSON.parse(readFileSync(LATEST, 'utf8')) as Latest).workloads : {};
  const now = report.workloads.map((workload) => {
    const ofCommit = (before[workload.id] ?? []).filter(({ commit }) => commit === workload.commit);
    return [workload.id, [...ofCommit, workload].slice(-RUNS)] as const;
  });
  return { ...report, workloads: { ...before, ...Object.fromEntries(now) } };
}
