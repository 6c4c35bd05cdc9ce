/** Why many runs of one workflow failed: those that failed alike, together. */
import { compareNullsLast, compareText } from '../order.ts';
import { errorInfo } from '../step/step-error.ts';
import { firstFailure } from '../step/failures.ts';
import { earliest, latest, type Timestamp } from '../timestamp.ts';
import type { Run, RunRecord } from '../types.ts';
import { likeness } from './likeness.ts';

export interface FailedRun {
  readonly record: RunRecord;
  /** With its steps; null where the upstream has none any more. */
  readonly run: Run | null;
}

export interface FailureGroup {
  /** Null where no step tells of the failure. */
  readonly nodeId: string | null;
  /** As `likeness` makes it. */
  readonly message: string | null;
  readonly code: string | null;
  readonly count: number;
  /** Of the runs' starts. */
  readonly firstSeenAt: Timestamp | null;
  readonly lastSeenAt: Timestamp | null;
  /** In the order in which the runs were given. */
  readonly runIds: readonly string[];
}

/**
 * Each run is in one group. The largest first, then the one that was seen last, then by node, code and message. `read` tells what an
 * error says.
 */
export function failureGroups(runs: readonly FailedRun[], read = errorInfo): FailureGroup[] {
  const failures = runs.map((run) => failureOf(run, read));
  const groups = Map.groupBy(failures, ({ nodeId, code, message }) => JSON.stringify([nodeId, code, message]));
  return [...groups.values()].flatMap(groupOf).sort(byWeight);
}

function failureOf({ record, run }: FailedRun, read: typeof errorInfo) {
  const step = run && firstFailure(run);
  const error = read(step?.error ?? record.error);
  return {
    nodeId: step?.nodeId ?? null,
    message: error && likeness(error.message),
    code: error?.code ?? null,
    runId: record.id,
    startedAt: record.startTime ?? run?.startedAt ?? null,
  };
}

type Failure = ReturnType<typeof failureOf>;

function groupOf(failures: readonly Failure[]): FailureGroup[] {
  const starts = failures.map(({ startedAt }) => startedAt);
  return failures.slice(0, 1).map(({ nodeId, message, code }) => ({
    nodeId,
    message,
    code,
    count: failures.length,
    firstSeenAt: earliest(starts),
    lastSeenAt: latest(starts),
    runIds: failures.map(({ runId }) => runId),
  }));
}

function byWeight(a: FailureGroup, b: FailureGroup): number {
  const seen = ({ lastSeenAt }: FailureGroup) => (lastSeenAt === null ? null : -lastSeenAt.epochMicros);
  const name = ({ nodeId, code, message }: FailureGroup) => JSON.stringify([nodeId, code, message]);
  return b.count - a.count || compareNullsLast(seen(a), seen(b)) || compareText(name(a), name(b));
}
