/** Statistics of a workflow's runs over time. */
import { timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { RunRecord } from '../types.ts';
import { runStatistics, type RunStatistics } from './statistics.ts';

export interface TrendBucket extends RunStatistics {
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** False if runs that were not examined may have started in the bucket. */
  readonly isComplete: boolean;
  /** In the given order. */
  readonly records: readonly RunRecord[];
  readonly runIds: readonly string[];
}

/** Start and end of a trend. Null means the first or last start of the runs. */
export interface TrendSpan {
  readonly startedAfter: Timestamp | null;
  /** No run starts later. */
  readonly startedBefore: Timestamp | null;
  /** False if runs older than the given ones may exist. */
  readonly isWhole: boolean;
}

/**
 * Splits the span into `count` parts, equal to the microsecond. A part includes its start, and the last one its end.
 * Returns one part for a span of length 0, and none for an unknown span.
 */
export function trendOf(records: readonly RunRecord[], count: number, span: TrendSpan): TrendBucket[] {
  const started = records.flatMap((record) => (record.startTime ? [{ record, at: record.startTime.epochMicros }] : []));
  const starts = started.map(({ at }) => at);
  const earliest = Math.min(...starts);
  const from = span.startedAfter?.epochMicros ?? earliest;
  const to = span.startedBefore?.epochMicros ?? Math.max(...starts);
  if (to < from) return [];
  const parts = to > from ? count : 1;
  // Microseconds of three years, times a hundred parts, exceed 2^53: whole parts and the remainder stay exact.
  const remainder = (to - from) % parts;
  const whole = (to - from - remainder) / parts;
  const edgeOf = (part: number): number => from + whole * part + Math.floor((remainder * part) / parts);
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
