/** Files of results: each run in its own, the latest runs of a commit in latest.json and docs/PERFORMANCE.md. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { BENCH, ROOT } from './contenders.ts';
import { short, type MeasuredWorkload, type Report, type Target } from './report.ts';
import { median } from './rounds.ts';

interface Latest extends Omit<Report, 'workloads'> {
  /** By id: the latest runs of one commit, oldest first. */
  readonly workloads: Readonly<Record<string, readonly MeasuredWorkload[]>>;
}

const RESULTS = `${BENCH}results/`;
const LATEST = `${RESULTS}latest.json`;
const DOCUMENT = `${ROOT}docs/PERFORMANCE.md`;
const START = '<!-- table:start -->';
const END = '<!-- table:end -->';
/** Runs whose values the document shows. */
const RUNS = 3;

/** A complete run of this checkout also updates latest.json and the document. Other figures are not kept. */
export function save(report: Report, isKept: boolean): readonly string[] {
  mkdirSync(RESULTS, { recursive: true });
  const stamp = report.startedAt.slice(0, 19).replaceAll(':', '-');
  const own = `${RESULTS}${stamp}${isKept ? '' : '-not-kept'}.json`;
  writeJson(own, report);
  if (!isKept) return [own];
  const latest = withReport(report);
  writeJson(LATEST, latest);
  writeDocument(latest);
  return [own, LATEST, DOCUMENT];
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

function writeDocument({ machine, settings, workloads }: Latest): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start === -1 || end < start) throw new Error(`${DOCUMENT} must contain ${START}, and ${END} after it`);
  const lists = Object.values(workloads).toSorted((a, b) => orderOf(a) - orderOf(b));
  const groups = Map.groupBy(lists, ([workload]) => workload?.id.split('-')[0] ?? '');
  const table = ['| workload | target: measured |', '| --- | --- |', ...[...groups].map(lineOf)];
  const commits = new Set(lists.flat().map(({ commit }) => commit));
  const facts = Object.entries({ ...machine, ...settings }).map(([name, value]) => `${name} ${value}`);
  const foot = `Commit ${[...commits].join(', ')}. Of the latest run: ${facts.join(', ')}.`;
  writeFileSync(
    DOCUMENT,
    `${text.slice(0, start + START.length)}\n\n${table.join('\n')}\n\n${foot}\n\n${text.slice(end)}`,
  );
}

/** W1, W2, …, then workloads without a number. */
const orderOf = ([workload]: readonly MeasuredWorkload[]): number => Number(/\d+/.exec(workload?.id ?? '')?.[0] ?? 1e3);

interface Measured {
  readonly text: string;
  /** One of each run. */
  readonly values: readonly number[];
  readonly isReached: boolean;
}

/** The targets of a workload with the value of each run. Of the owners of W11, and of contenders with one target, the worst is shown. */
function lineOf([id, lists]: readonly [string, readonly (readonly MeasuredWorkload[])[]]): string {
  const byTarget = Map.groupBy(lists.flatMap(measuredIn), ({ text }) => text);
  const worst = [...byTarget.values()].flatMap((all) =>
    all.toSorted((a, b) => median(b.values) - median(a.values)).slice(0, 1),
  );
  return `| ${id} | ${worst.map(toCell).join('<br>')} |`;
}

function toCell({ text, values, isReached }: Measured): string {
  const all = values.map(short).join(' · ');
  return `${text}: ${isReached ? all : `**${all}**`}`;
}

/** The median of the runs decides. */
function measuredIn(runs: readonly MeasuredWorkload[]): Measured[] {
  const rows = runs.at(-1)?.rows ?? [];
  return rows.flatMap(({ contender, targets = [] }) =>
    targets.map((target) => {
      const measured = runs.flatMap((run) => targetOf(run, contender, target) ?? []);
      return {
        text: target.text.replace('Stepgate ≥', '≥').replace('this', contender),
        values: measured.map(({ value }) => value),
        isReached: median(measured.map((each) => Number(each.isReached))) === 1,
      };
    }),
  );
}

/** Targets are compared without their numbers, which one of them computes anew in each run. */
function targetOf({ rows }: MeasuredWorkload, contender: string, { text }: Target): Target | undefined {
  const nameOf = (of: string) => of.replace(/\d+/g, '');
  const row = rows.find((each) => each.contender === contender);
  return row?.targets?.find((each) => nameOf(each.text) === nameOf(text));
}
