/** Results of the workloads with their targets, and the table on the terminal. */

/** A null value was not measured, or means nothing for this row. */
export interface Row {
  readonly contender: string;
  readonly requestsPerSecond?: number | null;
  readonly p50Ms?: number | null;
  readonly p99Ms?: number | null;
  /** Processor time of one request, in microseconds. */
  readonly processorUs?: number | null;
  readonly peakRssMb?: number | null;
  readonly upstreamCalls?: number | null;
  /** Ratio to the workload's reference, whose own is 1. */
  readonly ratio?: number | null;
  readonly note?: string;
  /** A problem with the answers: then the numbers mean nothing. */
  readonly problem?: string | null;
  /** Targets, in the row of the contender that Stepgate is compared with, else in its own. */
  readonly targets?: readonly Target[];
}

export interface Target {
  /** Such as "Stepgate ≥ 0.85 × this". */
  readonly text: string;
  readonly value: number;
  readonly isReached: boolean;
  /** Whether any run must keep this promise, however short or slow. */
  readonly isPromise?: boolean;
}

export interface WorkloadResult {
  readonly id: string;
  readonly title: string;
  /** The contender that `ratio` compares with. */
  readonly reference: string;
  readonly rows: readonly Row[];
  /** Notes on this run: missing parts, and differences from the plan. */
  readonly notes: readonly string[];
}

export interface MeasuredWorkload extends WorkloadResult {
  readonly commit: string;
  readonly measuredAt: string;
  readonly tookSeconds: number;
}

export interface Report {
  readonly startedAt: string;
  readonly machine: Readonly<Record<string, string | number | boolean>>;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly workloads: readonly MeasuredWorkload[];
}

/** A target in the row of the contender that Stepgate is compared with. */
export const atLeast = (value: number, bound: number): Target => ({
  text: `Stepgate ≥ ${bound} × this`,
  value,
  isReached: value >= bound && Number.isFinite(value),
});

export const atMost = (text: string, value: number, bound: number, unit = ''): Target => ({
  text: `${text} ≤ ${bound}${unit && ` ${unit}`}`,
  value,
  isReached: value <= bound,
});

export const promise = (target: Target): Target => ({ ...target, isPromise: true });

/** Broken promises of any run. */
export const problemsOf = ({ id, rows }: WorkloadResult): string[] =>
  rows.flatMap(({ contender, problem, targets = [] }) => [
    ...(problem ? [`${id}, ${contender}: ${problem}`] : []),
    ...targets
      .filter(({ isPromise, isReached }) => isPromise && !isReached)
      .map(({ text, value }) => `${id}, ${contender}: ${text}, got ${value}`),
  ]);

const COLUMNS = [
  'workload',
  'contender',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'CPU µs',
  'peak RSS MB',
  'upstream calls',
  'ratio',
  'targets',
  'note',
] as const;
/** Numbers are aligned to the right. */
const RIGHT = new Set<string>(['requests/s', 'p50 ms', 'p99 ms', 'CPU µs', 'peak RSS MB', 'upstream calls', 'ratio']);

const number = (value: number | null | undefined, digits: number): string =>
  value == null ? '' : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Three significant digits. */
export function short(value: number | null | undefined): string {
  if (value == null) return '';
  const size = Math.abs(value);
  return number(value, size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

const targetText = ({ text, value, isReached }: Target): string =>
  `${text}: ${isReached ? 'reached' : 'NOT REACHED'} (${short(value)})`;

function cells(workload: WorkloadResult, betweenTargets: string): string[][] {
  return workload.rows.map((row, index) => [
    index === 0 ? `${workload.id} ${workload.title}` : '',
    row.contender,
    number(row.requestsPerSecond, 0),
    short(row.p50Ms),
    short(row.p99Ms),
    short(row.processorUs),
    number(row.peakRssMb, 0),
    number(row.upstreamCalls, 0),
    short(row.ratio),
    (row.targets ?? []).map(targetText).join(betweenTargets),
    row.note ?? '',
  ]);
}

const TARGETS_COLUMN = COLUMNS.indexOf('targets');

/** One line for each target: the table must not be wider than a terminal. */
const toLines = (row: readonly string[]): string[][] =>
  (row[TARGETS_COLUMN] ?? '')
    .split('\n')
    .map((target, line) => row.map((cell, column) => (column === TARGETS_COLUMN ? target : line === 0 ? cell : '')));

/** Columns for a terminal. */
export function toText(workloads: readonly WorkloadResult[]): string {
  const table = [[...COLUMNS], ...workloads.flatMap((workload) => cells(workload, '\n')).flatMap(toLines)];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  const lines = table.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return RIGHT.has(COLUMNS[column] ?? '') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const notes = workloads.flatMap(({ id, notes }) => notes.map((note) => `${id}: ${note}`));
  return [...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}
