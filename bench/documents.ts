/**
 * Writes the tables of docs/PERFORMANCE.md (what a user gets) and bench/README.md (targets) from latest.json: `node bench/documents.ts`.
 * With `--check` it only compares them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { median } from './median.ts';
import { short, type MeasuredWorkload, type Report, type Target } from './report.ts';

export interface Latest extends Omit<Report, 'workloads'> {
  /** By id: the latest runs of one commit, oldest first. */
  readonly workloads: Readonly<Record<string, readonly MeasuredWorkload[]>>;
}

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
export const LATEST = pathOf('results/latest.json');
const OVERVIEW = pathOf('../docs/PERFORMANCE.md');
const TARGETS = pathOf('README.md');
export const PAGES = [OVERVIEW, TARGETS] as const;
const START = '<!-- table:start -->';
const END = '<!-- table:end -->';
/** Runs whose values are kept and shown. */
export const RUNS = 3;

/** Rows of the overview: what happens, and the contender whose numbers it shows. */
const SHOWN: readonly (readonly [id: string, contender: string, what: string])[] = [
  ['W1', 'Stepgate', 'The same request again, from the response cache'],
  ['W2', 'Stepgate', 'A new request about a cached run of 20 steps'],
  ['W4', 'Stepgate', '500 connections poll one running run'],
  ['W3b', 'Stepgate', 'An uncached run; the upstream takes 5 ms'],
  ['W3', 'Stepgate', 'One query over 100 uncached runs; the upstream takes 50 ms'],
  ['W6', 'Stepgate, cold, a run of 10 MB', 'An uncached run of 10 MB'],
  ['W10', 'Stepgate, shares', 'A run that another gateway of a fleet has fetched'],
  ['W5', 'Stepgate, 4,000 subscribers', '4,000 live subscribers, from a change to its event'],
  ['W12', 'Stepgate', 'Failures, changes and overdue runs of 20 workflows, uncached; the upstream takes 50 ms'],
  ['W7', 'Stepgate, as in the image', 'Start until the first response, as in the image'],
];

export function writePages(isCheck = false): void {
  const latest = JSON.parse(readFileSync(LATEST, 'utf8')) as Latest;
  for (const [page, table] of [
    [OVERVIEW, overviewOf(latest)],
    [TARGETS, targetsOf(latest)],
  ] as const) {
    const text = readFileSync(page, 'utf8');
    const [start, end] = [text.indexOf(START), text.indexOf(END)];
    if (start === -1 || end < start) throw new Error(`${page} must contain ${START}, and ${END} after it`);
    const current = `${text.slice(0, start + START.length)}\n\n${table}\n\n${text.slice(end)}`;
    if (text === current) continue;
    if (!isCheck) writeFileSync(page, current);
    else {
      process.stderr.write(`${page} differs from bench/results/latest.json: run npm run docs\n`);
      process.exitCode = 1;
    }
  }
}

function overviewOf({ workloads, machine }: Latest): string {
  const rows = SHOWN.map(([id, contender, what]) => {
    const runs = workloads[id] ?? [];
    const figure = (name: 'requestsPerSecond' | 'p50Ms' | 'p99Ms' | 'peakRssMb'): string => {
      const values = runs.flatMap(({ rows }) => rows.find((row) => row.contender === contender)?.[name] ?? []);
      return values.length === 0 ? '–' : short(median(values));
    };
    return `| ${what} | ${figure('requestsPerSecond')} | ${figure('p50Ms')} | ${figure('p99Ms')} | ${figure('peakRssMb')} |`;
  });
  const counts = new Set(SHOWN.map(([id]) => workloads[id]?.length ?? 0));
  const foot = `Medians of ${[...counts].sort().join(' or ')} runs on one core (${String(machine.processor)}, Node ${String(machine.node)}).`;
  return [
    '| situation | requests/s | p50 ms | p99 ms | peak RSS MB |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    foot,
  ].join('\n');
}

function targetsOf({ machine, settings, workloads }: Latest): string {
  const lists = Object.values(workloads).toSorted((a, b) => orderOf(a) - orderOf(b));
  const groups = Map.groupBy(lists, ([workload]) => workload?.id.split('-')[0] ?? '');
  const table = ['| workload | target: measured |', '| --- | --- |', ...[...groups].map(lineOf)];
  const commits = new Set(lists.flat().map(({ commit }) => commit));
  const facts = Object.entries({ ...machine, ...settings }).map(([name, value]) => `${name} ${value}`);
  const foot = `Commit ${[...commits].join(', ')}. Of the latest run: ${facts.join(', ')}.`;
  return [...table, '', foot].join('\n');
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

if (import.meta.main) writePages(process.argv.includes('--check'));
