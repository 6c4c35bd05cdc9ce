/** Changes that may have caused a failure, and the run to compare with. */
import { maxOf } from '../order.ts';
import { countBetween, isFinished, startOf, type Beginning } from '../workflow/group-history.ts';
import type { RunRecord } from '../types.ts';
import type { ChangePoint } from './changes.ts';

/** Maximum number of finished runs between a change and the first failure. */
export const MAX_RUNS_BETWEEN = 20;

/**
 * All changes of one run: the last one that changed the failed node, or any node, at or shortly before the first
 * failure. Empty if the first failure is unknown. `records` are the runs around it.
 */
export function suspectedChanges<Point extends ChangePoint>(
  points: readonly Point[],
  nodeId: string | null | undefined,
  began: Pick<Beginning, 'at' | 'isExact'>,
  records: readonly RunRecord[],
): readonly Point[] {
  const { at: first, isExact } = began;
  if (!first || !isExact || points.length === 0) return [];
  const starts = finishedStarts(records);
  const near = points.filter(
    ({ at: { epochMicros } }) =>
      epochMicros <= first.epochMicros && countBetween(starts, epochMicros, first.epochMicros) <= MAX_RUNS_BETWEEN,
  );
  const ofNode = near.filter((point) => point.nodeId === nodeId);
  const last = (ofNode.length > 0 ? ofNode : near).reduce<Point | undefined>(
    (latest, point) => (latest && latest.at.epochMicros >= point.at.epochMicros ? latest : point),
    undefined,
  );
  return last ? near.filter(({ runId }) => runId === last.runId) : [];
}

export type BaselineReason = 'BEFORE_CHANGE' | 'BEFORE_FAILURES';

export interface BaselineRun {
  readonly runId: string;
  readonly reason: BaselineReason;
}

/**
 * The newest completed run before the change, or before the first failure. Null if there is none, or if a failed run
 * before the first failure may have had the failure.
 */
export function baselineOf(
  changes: readonly ChangePoint[],
  nodeId: string | null,
  began: Pick<Beginning, 'at' | 'hasUnknownBefore'>,
  records: readonly RunRecord[],
): BaselineRun | null {
  const completed = records
    .filter(({ status, startTime }) => status === 'COMPLETED' && startTime !== null)
    .sort((a, b) => (startOf(b) ?? 0) - (startOf(a) ?? 0));
  const newest = (isEarlier: (start: number) => boolean) => completed.find((record) => isEarlier(startOf(record) ?? 0));
  // The node may not have run between `previousRunId` and the change.
  const ofNode = changes.filter((change) => change.nodeId === nodeId);
  const previousIds = new Set((ofNode.length > 0 ? ofNode : changes).map(({ previousRunId }) => previousRunId));
  const previous = maxOf(records.filter(({ id }) => previousIds.has(id)).map((record) => startOf(record) ?? 0));
  const beforeChange = newest((start) => start <= previous);
  if (beforeChange) return { runId: beforeChange.id, reason: 'BEFORE_CHANGE' };
  const { at: first, hasUnknownBefore } = began;
  if (!first || hasUnknownBefore) return null;
  const before = newest((start) => start < first.epochMicros);
  return before ? { runId: before.id, reason: 'BEFORE_FAILURES' } : null;
}

/** Sorted, earliest first. */
const finishedStarts = (records: readonly RunRecord[]): number[] =>
  records
    .filter(isFinished)
    .flatMap((record) => startOf(record) ?? [])
    .sort((a, b) => a - b);
