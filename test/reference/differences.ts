/** The differences between domain and reference, each with the path of the value. */
import { comparisonBy, derivedBy, domainRun, nodeStatisticsBy, statisticsBy } from './domain-side.ts';
import { criticalPaths, stretchesOf } from './paths.ts';
import type { RawRun } from './raw.ts';
import { referenceRun } from './runs.ts';
import { referenceComparison, referenceNodeStatistics, referenceStatistics } from './several-runs.ts';
import { covered } from './times.ts';

export function differencesOfRun(raw: RawRun): string[] {
  const { derived, steps } = referenceRun(raw);
  const run = domainRun(raw);
  return [...differences(derived, derivedBy(run), 'run'), ...differencesOfPath(raw, steps)];
}

/** Any path that the definition allows is accepted; its duration must match. */
function differencesOfPath(raw: RawRun, steps: ReturnType<typeof referenceRun>['steps']): string[] {
  const { paths, isInferred } = criticalPaths(steps, raw.graph);
  const { criticalPath } = domainRun(raw);
  const taken = criticalPath.steps.map(({ index }) => index);
  const onPath = steps.filter(({ index }) => taken.includes(index));
  const isAllowed = paths.some((path) => path.join() === taken.join());
  return [
    ...(isAllowed ? [] : [`run.criticalPath.steps: expected one of ${JSON.stringify(paths)}, got ${taken.join()}`]),
    ...differences(covered(stretchesOf(onPath)) / 1000, criticalPath.durationMs, 'run.criticalPath.durationMs'),
    ...differences(isInferred, criticalPath.isInferred, 'run.criticalPath.isInferred'),
  ];
}

export const differencesOfRuns = (base: RawRun, head: RawRun): string[] => [
  ...differences(referenceComparison(base, head), comparisonBy(base, head), 'comparison'),
  ...differences(referenceStatistics([base, head]), statisticsBy([base, head]), 'statistics'),
  ...differences(referenceNodeStatistics([base, head]), nodeStatisticsBy([base, head]), 'statistics.nodes'),
];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function differences(expected: unknown, got: unknown, path: string): string[] {
  if (typeof expected === 'number' && typeof got === 'number' && isClose(expected, got)) return [];
  if (!isObject(expected) || !isObject(got)) {
    return Object.is(expected, got)
      ? []
      : [`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`];
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...keys].flatMap((key) =>
    Object.hasOwn(expected, key) && Object.hasOwn(got, key)
      ? differences(expected[key], got[key], `${path}.${key}`)
      : [`${path}.${key}: only one of both has it`],
  );
}

/** Percentages and ratios are rounded differently; all other numbers are multiples of a microsecond. */
const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
