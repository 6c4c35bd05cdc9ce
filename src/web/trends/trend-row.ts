/** Values of one time bucket, for runs or for the executions of one node. */
import type { TrendQuery } from '../__generated__/graphql.ts';

export interface TrendRow {
  readonly startedAt: string;
  readonly endedAt: string;
  /** Whether the values include all runs of the bucket. */
  readonly isComplete: boolean;
  readonly count: number;
  readonly failedCount: number;
  /** Milliseconds; `null` if nothing has ended. */
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface TrendFiguresProps {
  readonly rows: readonly TrendRow[];
  readonly counted: Counted;
  /** Maximum number of latest runs that the values include. */
  readonly last: number;
  /** When the workflow changed. */
  readonly changedAt: readonly string[];
  readonly shiftedAt: readonly string[];
}

type Buckets = NonNullable<NonNullable<TrendQuery['workflow']>['trend']>;

/** Values of a node, or of whole runs if it is `null`. A bucket in which the node didn't run has no entry for it. */
export const rowsOf = (buckets: Buckets, nodeId: string | null): TrendRow[] =>
  buckets.map(({ startedAt, endedAt, isComplete, nodes, ...runs }) => {
    const node = nodes?.find((each) => each.nodeId === nodeId);
    const durationMs = nodeId === null ? runs.wallClockMs : node?.durationMs;
    return {
      startedAt,
      endedAt,
      isComplete,
      count: nodeId === null ? runs.runCount : (node?.executionCount ?? 0),
      failedCount: nodeId === null ? runs.failedCount : (node?.failureCount ?? 0),
      p50: durationMs?.p50 ?? null,
      p95: durationMs?.p95 ?? null,
    };
  });

export type Counted = 'run' | 'execution';

export const NAMES = { run: 'Runs', execution: 'Executions' } as const;
