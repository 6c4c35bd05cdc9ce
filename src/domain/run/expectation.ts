/** How long a run usually takes, based on earlier runs of its workflow. */
import { compareText } from '../order.ts';
import type { Timestamp } from '../timestamp.ts';
import type { Run, RunRecord } from '../types.ts';
import { wallClockMs } from './span.ts';
import { distributionOf } from '../workflow/statistics.ts';

export interface Expectation {
  /** Number of completed runs in the computation. */
  readonly sampleSize: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Milliseconds left, or null for a run that is finished, is waiting, or hasn't started. */
  readonly remainingMs: number | null;
  /** Milliseconds beyond the 95th percentile, or null if the run's time is unknown or it is waiting. */
  readonly overdueByMs: number | null;
}

export interface NodeExpectation {
  readonly nodeId: string;
  /** Number of completed executions. */
  readonly sampleSize: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Number of examined records directly before a run. */
export const EXAMINED_RECORDS = 100;
/** Percentiles of fewer completed runs mean little. */
const MIN_SAMPLE = 10;

/** Completed runs, newest first. */
export interface Sample {
  readonly runIds: readonly string[];
  readonly wallClocksMs: readonly number[];
}

export interface Sampler {
  readonly records: readonly RunRecord[];
  /** Sample of the 100 records before this start, or of the newest records for a run that hasn't started. */
  before(startedAt: Timestamp | null): Sample;
  /** Whether there are at least 100 records before this start. */
  isFullBefore(startedAt: Timestamp | null): boolean;
}

/** Sorts the records once, since a list may need the sample of each of its runs. */
export function createSampler(records: readonly RunRecord[]): Sampler {
  const started = records
    .flatMap((record) => (record.startTime ? [{ record, start: record.startTime.epochMicros }] : []))
    .sort((a, b) => b.start - a.start || compareText(a.record.id, b.record.id));

  const examined = (startedAt: Timestamp | null) => {
    const from = startedAt ? started.findIndex(({ start }) => start < startedAt.epochMicros) : 0;
    return from < 0 ? [] : started.slice(from, from + EXAMINED_RECORDS);
  };

  return {
    records,
    before(startedAt) {
      const sample = examined(startedAt).flatMap(({ record: { id, status, startTime, endTime } }) => {
        const time = status === 'COMPLETED' ? wallClockMs({ startedAt: startTime, until: endTime }) : null;
        return time === null ? [] : [{ id, time }];
      });
      return { runIds: sample.map(({ id }) => id), wallClocksMs: sample.map(({ time }) => time) };
    },
    isFullBefore: (startedAt) => examined(startedAt).length === EXAMINED_RECORDS,
  };
}

/** Returns null if the sample has fewer than 10 completed runs. */
export function expectationOf(
  run: Pick<Run, 'status' | 'wallClockMs' | 'isFinished'>,
  { wallClocksMs }: Pick<Sample, 'wallClocksMs'>,
): Expectation | null {
  const usual = wallClocksMs.length >= MIN_SAMPLE ? distributionOf(wallClocksMs) : null;
  if (!usual) return null;
  // A person's response time is unpredictable.
  const elapsed = run.status === 'WAITING' ? null : run.wallClockMs;
  return {
    sampleSize: wallClocksMs.length,
    p50Ms: usual.p50,
    p95Ms: usual.p95,
    remainingMs: elapsed === null || run.isFinished ? null : Math.max(0, usual.p50 - elapsed),
    overdueByMs: elapsed === null ? null : Math.max(0, elapsed - usual.p95),
  };
}

/** Sorted by node id. The steps of the runs must be loaded. */
export function nodeExpectations(runs: readonly Run[]): NodeExpectation[] {
  const completed = runs.flatMap(({ steps }) => steps.filter(({ status }) => status === 'COMPLETED'));
  return [...Map.groupBy(completed, ({ nodeId }) => nodeId)]
    .flatMap(([nodeId, steps]) => {
      const durations = steps.flatMap(({ durationMs }) => durationMs ?? []);
      const usual = distributionOf(durations);
      return usual ? [{ nodeId, sampleSize: durations.length, p50Ms: usual.p50, p95Ms: usual.p95 }] : [];
    })
    .sort((a, b) => compareText(a.nodeId, b.nodeId));
}
