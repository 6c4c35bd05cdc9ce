/** Figures of one time bucket, for runs or for the executions of one node. */
import type { NodeTrendQuery, RunTrendQuery } from '../__generated__/graphql.ts';

export interface TrendRow {
  readonly startedAt: string;
  readonly endedAt: string;
  /** False if the bucket may have more runs than the figures include. */
  readonly isComplete: boolean;
  readonly count: number;
  readonly failedCount: number;
  /** Milliseconds; null if nothing has ended. */
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface TrendFiguresProps {
  readonly rows: readonly TrendRow[];
  readonly counted: Counted;
  /** The figures include at most this number of latest runs. */
  readonly last: number;
  /** When the workflow changed. */
  readonly changedAt: readonly string[];
}

type Buckets<Query extends { readonly workflow?: { readonly trend?: unknown } | null | undefined }> = NonNullable<
  NonNullable<Query['workflow']>['trend']
>;

export const rowsOfRuns = (buckets: Buckets<RunTrendQuery>): TrendRow[] =>
  buckets.map(({ startedAt, endedAt, isComplete, runCount, failedCount, wallClockMs }) => ({
    startedAt,
    endedAt,
    isComplete,
    count: runCount,
    failedCount,
    p50: wallClockMs?.p50 ?? null,
    p95: wallClockMs?.p95 ?? null,
  }));

/** A bucket in which the node did not run has no entry for the node. */
export const rowsOfNode = (buckets: Buckets<NodeTrendQuery>, nodeId: string): TrendRow[] =>
  buckets.map(({ startedAt, endedAt, isComplete, nodes }) => {
    const node = nodes?.find((each) => each.nodeId === nodeId);
    return {
      startedAt,
      endedAt,
      isComplete,
      count: node?.executionCount ?? 0,
      failedCount: node?.failureCount ?? 0,
      p50: node?.durationMs?.p50 ?? null,
      p95: node?.durationMs?.p95 ?? null,
    };
  });

export type Counted = 'run' | 'execution';

export const NAMES = { run: 'Runs', execution: 'Executions' } as const;
