/** Statistics of many runs of one workflow: success rate, and durations of runs and nodes. */
import { compareText } from '../order.ts';
import { wallClockMs } from '../run/span.ts';
import { isOver, type RunStatus } from '../status.ts';
import { sumOfKnown } from '../run/usage.ts';
import type { Run, RunRecord, Step } from '../types.ts';

export interface Distribution {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export interface RunStatistics {
  readonly runCount: number;
  /** Completed, failed and cancelled runs, and runs of unknown status with an end. */
  readonly finishedCount: number;
  readonly completedCount: number;
  readonly failedCount: number;
  /** Completed runs divided by finished runs, 0…1, or null if no run is finished. */
  readonly successRate: number | null;
  /** Finished runs with a known start and end, in milliseconds, or null if there are none. */
  readonly wallClockMs: Distribution | null;
}

export interface NodeStatistics {
  readonly nodeId: string;
  readonly executionCount: number;
  readonly failureCount: number;
  readonly retryCount: number;
  /** Finished executions with a known duration, including failed but not skipped ones, or null if there are none. */
  readonly durationMs: Distribution | null;
  /** Total tokens, or null if no execution reports tokens. */
  readonly totalTokens: number | null;
}

/**
 * Nearest rank: the smallest value that at least `percent` % of the values don't exceed. Takes ascending values and 0 <
 * `percent` ≤ 100. Null if empty.
 */
export const percentile = (ascending: readonly number[], percent: number): number | null =>
  ascending[Math.ceil((percent * ascending.length) / 100) - 1] ?? null;

/** Returns null if empty. */
export function distributionOf(values: readonly number[]): Distribution | null {
  const ascending = values.toSorted((a, b) => a - b);
  const max = ascending.at(-1);
  if (max === undefined) return null;
  const valueAt = (percent: number): number => percentile(ascending, percent) ?? max;
  return { p50: valueAt(50), p95: valueAt(95), max };
}

/** Reads only run records: one call loads a page of records, but the steps of only one run. */
export function runStatistics(records: readonly RunRecord[]): RunStatistics {
  const finished = records.filter(({ status, endTime }) => isOver(status, endTime));
  const count = (status: RunStatus): number => finished.filter((run) => run.status === status).length;
  const completedCount = count('COMPLETED');
  const wallClocks = finished.flatMap(
    ({ startTime, endTime }) => wallClockMs({ startedAt: startTime, until: endTime }) ?? [],
  );
  return {
    runCount: records.length,
    finishedCount: finished.length,
    completedCount,
    failedCount: count('FAILED'),
    successRate: finished.length > 0 ? completedCount / finished.length : null,
    wallClockMs: distributionOf(wallClocks),
  };
}

/** Sorted by node id. The steps of the runs must be loaded. */
export function nodeStatistics(runs: readonly Run[]): NodeStatistics[] {
  const steps = runs.flatMap((run) => run.steps);
  return [...Map.groupBy(steps, (step) => step.nodeId)]
    .map(([nodeId, ofNode]) => statisticsOfNode(nodeId, ofNode))
    .sort((a, b) => compareText(a.nodeId, b.nodeId));
}

function statisticsOfNode(nodeId: string, steps: readonly Step[]): NodeStatistics {
  return {
    nodeId,
    executionCount: steps.length,
    failureCount: steps.filter((step) => step.status === 'FAILED').length,
    retryCount: steps.filter((step) => step.attemptKind === 'RETRY').length,
    durationMs: distributionOf(steps.filter(isTimed).flatMap((step) => step.durationMs ?? [])),
    totalTokens: sumOfKnown(steps.map(({ tokenUsage }) => tokenUsage?.totalTokens ?? null)),
  };
}

const isTimed = ({ isFinished, status }: Step): boolean => isFinished && status !== 'SKIPPED';
