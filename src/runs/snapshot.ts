/** An immutable upstream response. Cache, operations and pollers share the same object. */
import type { Run, RunRecord, StepFacts, WorkflowGraph } from '../domain/types.ts';

/** Record, or null if the upstream has none for the run. */
export type MaybeRecord = RunRecord | null;
export type StepList = readonly StepFacts[];

/** Properties of a new response. Times are clock readings, in ms since 1970. */
export interface Answered<T> {
  readonly value: T;
  /** When the call was sent. The response is at least this new. */
  readonly sentAt: number;
  readonly fetchedAt: number;
  readonly sizeBytes: number;
  /** Whether another gateway has found the response final. */
  readonly isFinal?: boolean;
}

/** Activity of steps, which decides whether they are final. */
export interface Activity {
  readonly areFinished: boolean;
  /**
   * Latest start or end by the upstream's clock, in ms since 1970. Infinity if more is expected or no time is known.
   */
  readonly lastMs: number;
}

/** What finality and derivation have found out about a response. */
export class Findings {
  /**
   * When this gateway first got the same record or steps, in ms since 1970. Null if this is the first such response.
   */
  unchangedSince: number | null = null;
  /** Latest derived run, stored with the steps, or with the record if no steps were read. */
  derived: DerivedRun | null = null;
  /** Activity of steps, null until first needed. */
  activity: Activity | null = null;
  /** For steps: the finish node of the latest comparison, and whether they have reached it. */
  comparedFinish: string | null = null;
  hasReachedFinish = false;
}

export class Snapshot<T> implements Answered<T> {
  readonly value: T;
  readonly sentAt: number;
  readonly fetchedAt: number;
  readonly sizeBytes: number;
  readonly isFinal: boolean;
  /** Why this response is served instead of a newer one. Null if it isn't stale, and in the cache. */
  readonly staleReason: string | null;
  readonly findings = new Findings();

  constructor(answered: Answered<T>, staleReason: string | null = null) {
    this.value = answered.value;
    this.sentAt = answered.sentAt;
    this.fetchedAt = answered.fetchedAt;
    this.sizeBytes = answered.sizeBytes;
    this.isFinal = answered.isFinal ?? false;
    this.staleReason = staleReason;
  }
}

export interface DerivedRun {
  readonly run: Run;
  /** Clock reading of the derivation, in ms since 1970, or null if the run doesn't depend on time. */
  readonly asOfMs: number | null;
  readonly record: Snapshot<MaybeRecord> | null;
  readonly graph: WorkflowGraph | null | undefined;
}

/** Returns another value with the times of a response. Its size is 0, because the response counts the bytes. */
export const partOf = <T>(answer: Snapshot<unknown>, value: T): Snapshot<T> => {
  const { sentAt, fetchedAt, isFinal, staleReason } = answer;
  return new Snapshot({ value, sizeBytes: 0, sentAt, fetchedAt, isFinal }, staleReason);
};

/** Returns the same response with this `staleReason`. */
export function asStale<T>(snapshot: Snapshot<T>, staleReason: string | null): Snapshot<T> {
  if (snapshot.staleReason === staleReason) return snapshot;
  const stale = new Snapshot(snapshot, staleReason);
  stale.findings.unchangedSince = snapshot.findings.unchangedSince;
  stale.findings.hasReachedFinish = snapshot.findings.hasReachedFinish;
  return stale;
}
