/** How many runs of one workflow went, over time. */
import { timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { RunRecord } from '../types.ts';
import { runStatistics, type RunStatistics } from './statistics.ts';

export interface TrendBucket extends RunStatistics {
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** False if runs that were not looked at may have started in it. */
  readonly isComplete: boolean;
  /** In the order in which they were given. */
  readonly records: readonly RunRecord[];
  readonly runIds: readonly string[];
}

/** Where a trend begins and ends. Null: with the runs' own starts. */
export interface TrendSpan {
  readonly startedAfter: Timestamp | null;
  /** No run is later. */
  readonly startedBefore: Timestamp | null;
  /** False if there may be runs that are older than all that are given. */
  readonly isWhole: boolean;
}

/**
 * The span in `count` parts, equal to the microsecond. A start belongs to the part that begins at it; only the last part holds its
 * own end. One part where the span has no length; none where nothing tells the span.
 */
export function trendOf(records: readonly RunRecord[], count: number, span: TrendSpan): TrendBucket[] {
  const started = records.flatMap((record) => (record.startTime ? [{ record, at: record.startTime.epochMicros }] : []));
  const starts = started.map(({ at }) => at);
  const earliest = Math.min(...starts);
  const from = span.startedAfter?.epochMicros ?? earliest;
  const to = span.startedBefore?.epochMicros ?? Math.max(...starts);
  if (to < from) return [];
  const parts = to > from ? count : 1;
  const edgeOf = (part: number): number => (part === parts ? to : from + Math.floor(((to - from) * part) / parts));
  const beginnings = Array.from({ length: parts }, (_, part) => edgeOf(part));
  const byPart = Map.groupBy(started, ({ at }) => beginnings.findLastIndex((edge) => edge <= at));
  return beginnings.map((beginning, part) => {
    const within = (byPart.get(part) ?? []).map(({ record }) => record);
    return {
      ...runStatistics(within),
      startedAt: timestampOfMicros(beginning),
      endedAt: timestampOfMicros(edgeOf(part + 1)),
      isComplete: span.isWhole || beginning >= earliest,
      records: within,
      runIds: within.map(({ id }) => id),
    };
  });
}
