/** How many runs of one workflow went, over time. */
import { timestampOfMicros, type Timestamp } from '../timestamp.ts';
import type { RunRecord } from '../types.ts';
import { runStatistics, type RunStatistics } from './statistics.ts';

export interface TrendBucket extends RunStatistics {
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** In the order in which the records were given. */
  readonly runIds: readonly string[];
}

/**
 * The span of the runs' starts in `count` parts, equal to the microsecond. A start belongs to the part that begins at it; only
 * the last part holds its own end. One part where the span has no length; none without starts.
 */
export function trendOf(records: readonly RunRecord[], count: number): TrendBucket[] {
  const started = records.flatMap((record) => (record.startTime ? [{ record, at: record.startTime.epochMicros }] : []));
  if (started.length === 0) return [];
  const [from, to] = extremesOf(started.map(({ at }) => at));
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
      runIds: within.map(({ id }) => id),
    };
  });
}

const extremesOf = (values: readonly number[]): readonly [number, number] => [
  values.reduce((a, b) => Math.min(a, b)),
  values.reduce((a, b) => Math.max(a, b)),
];
