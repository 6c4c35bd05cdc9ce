/** Statistics of a workflow's runs over time. */
import { maxOf, minOf } from '../order.ts';
import { timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { RunRecord } from '../types.ts';
import { runStatistics, type RunStatistics } from './statistics.ts';

export interface TrendBucket extends RunStatistics {
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** False if the bucket extends outside the span, or may include runs that were not examined. */
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
  /** Whether the given runs include the workflow's oldest one. */
  readonly isWhole: boolean;
  /** Time in µs since 1970 after which runs may still start. Default: none. */
  readonly now?: number;
}

/** Edges of the parts that cover the time from `from` to `to`, ascending, in µs since 1970. */
export type CutTime = (from: number, to: number, includesEnd: boolean) => readonly number[];

/** A part includes its start. The last one also includes its end. */
export function trendOf(records: readonly RunRecord[], cut: CutTime, span: TrendSpan): TrendBucket[] {
  const { startedAfter, startedBefore, isWhole, now = Infinity } = span;
  const started = records.flatMap((record) => (record.startTime ? [{ record, at: record.startTime.epochMicros }] : []));
  const starts = started.map(({ at }) => at);
  const earliest = minOf(starts);
  const from = startedAfter?.epochMicros ?? earliest;
  const to = startedBefore?.epochMicros ?? maxOf(starts);
  if (to < from) return [];
  const edges = cut(from, to, startedBefore === null);
  const beginnings = edges.slice(0, -1);
  const byPart = Map.groupBy(started, ({ at }) => beginnings.findLastIndex((edge) => edge <= at));
  const examinedFrom = Math.max(startedAfter?.epochMicros ?? -Infinity, isWhole ? -Infinity : earliest);
  const examinedTo = startedBefore?.epochMicros ?? Infinity;
  return beginnings.map((beginning, part) => {
    const end = edges[part + 1] ?? beginning;
    const within = (byPart.get(part) ?? []).map(({ record }) => record);
    return {
      ...runStatistics(within),
      startedAt: timestampOfMicros(beginning),
      endedAt: timestampOfMicros(end),
      isComplete: beginning >= examinedFrom && end <= Math.min(examinedTo, now),
      records: within,
      runIds: within.map(({ id }) => id),
    };
  });
}

/** Parts of equal length, to the microsecond, or a single part for a span of length 0. */
export const equalParts =
  (count: number): CutTime =>
  (from, to) => {
    const parts = to > from ? count : 1;
    // Microseconds of three years times a hundred parts exceed 2^53, but whole parts and the remainder are exact.
    const remainder = (to - from) % parts;
    const whole = (to - from - remainder) / parts;
    return Array.from({ length: parts + 1 }, (_, part) => from + whole * part + Math.floor((remainder * part) / parts));
  };
