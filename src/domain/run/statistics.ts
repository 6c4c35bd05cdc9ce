/** What many runs of one workflow tell together: how often it works, how long it takes, and which node is to blame. */
import { compareText } from '../order.ts';
import { wallClockMs } from './span.ts';
import { isOver, type RunStatus } from '../status.ts';
import { sumOfKnown } from './usage.ts';
import type { Run, RunRecord, Step } from '../types.ts';

export interface Distribution {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export interface RunStatistics {
  readonly runCount: number;
  /** Completed, failed and cancelled ones, and those of an unknown status that have an end. */
  readonly finishedCount: number;
  readonly completedCount: number;
  readonly failedCount: number;
  /** Completed ones as a part of the finished ones, 0…1; null where none is finished. */
  readonly successRate: number | null;
  /** Of the finished runs whose start and end are known. */
  readonly wallClockMs: Distribution | null;
}

export interface NodeStatistics {
  readonly nodeId: string;
  readonly executionCount: number;
  readonly failureCount: number;
  readonly retryCount: number;
  /** Of the finished executions whose duration is known, failed ones too. Skipped ones are counted, not timed. */
  readonly durationMs: Distribution | null;
  /** Null where no execution tells. */
  readonly totalTokens: number | null;
}

/**
 * The nearest rank: the smallest of the values that at least `percent` % of them don't exceed, so always one of them.
 * Takes values in ascending order; `percent` is above 0 and at most 100. Null where there are no values.
 */
export const percentile = (ascending: readonly number[], percent: number): number | null =>
  ascending[Math.ceil((percent * ascending.length) / 100) - 1] ?? null;

/** Null where there are no values. */
export function distributionOf(values: readonly number[]): Distribution | null {
  const ascending = values.toSorted((a, b) => a - b);
  const max = ascending.at(-1);
  if (max === undefined) return null;
  const valueAt = (percent: number): number => percentile(ascending, percent) ?? max;
  return { p50: valueAt(50), p95: valueAt(95), max };
}

/** Over run records alone: a page of them is one call, where their steps are one call for each. */
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

/** By node id. The steps of the runs must have been loaded. */
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
