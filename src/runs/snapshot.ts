/** An answer of the upstream: one object in the cache, in what operations read, and in the state of pollers. */
import type { Run, RunRecord, StepFacts, WorkflowGraph } from '../domain/types.ts';

/** Null: the upstream has no record of the run. */
export type MaybeRecord = RunRecord | null;
export type StepList = readonly StepFacts[];

/** What is known of an answer when it comes. Times are clock readings, in milliseconds since 1970. */
export interface Answered<T> {
  readonly value: T;
  /** When the call was sent: the answer is at least as new as this. */
  readonly sentAt: number;
  readonly fetchedAt: number;
  readonly sizeBytes: number;
  /** Of another gateway's answer: how much later these times may have been. */
  readonly uncertaintyMs?: number;
  /** Another gateway has found it final: nothing of it will change. */
  readonly isFinal?: boolean;
}

/** Of steps: what decides whether they are final. */
export interface Activity {
  /** True if every step is finished. */
  readonly areFinished: boolean;
  /** The last start or end, by the upstream's clock, in ms since 1970; Infinity where more is to come, or none is known. */
  readonly lastMs: number;
}

/** An answer of the upstream: as it is cached, and as operations read it. */
export class Snapshot<T> implements Answered<T> {
  readonly value: T;
  readonly sentAt: number;
  readonly fetchedAt: number;
  readonly sizeBytes: number;
  readonly uncertaintyMs: number;
  readonly isFinal: boolean;
  /** Why it is served in place of a newer one; null where it is not, and in the cache. */
  readonly staleReason: string | null;
  /** When this gateway first had the same record or steps, in milliseconds since 1970; null: with this answer. */
  unchangedSince: number | null = null;
  /** The run that was derived last. Of a run's steps, or of its record where no steps were read. */
  derived: DerivedRun | null = null;
  /** Of steps: computed when it is first asked for. */
  activity: Activity | null = null;
  /** Of steps: the graph's finish with which they were compared last, and whether they have reached it. */
  comparedFinish: string | null = null;
  hasReachedFinish = false;

  constructor(answered: Answered<T>, staleReason: string | null = null) {
    this.value = answered.value;
    this.sentAt = answered.sentAt;
    this.fetchedAt = answered.fetchedAt;
    this.sizeBytes = answered.sizeBytes;
    this.uncertaintyMs = answered.uncertaintyMs ?? 0;
    this.isFinal = answered.isFinal ?? false;
    this.staleReason = staleReason;
  }
}

export interface DerivedRun {
  readonly run: Run;
  /** The operation's clock reading; null where the run is the same at any time. */
  readonly asOfMs: number | null;
  /** The record that it was derived from. */
  readonly record: Snapshot<MaybeRecord> | null;
  readonly graph: WorkflowGraph | null | undefined;
}

/** Another value with the times of an answer, which counts its bytes. */
export const partOf = <T>(answer: Snapshot<unknown>, value: T): Snapshot<T> => {
  const { sentAt, fetchedAt, uncertaintyMs, isFinal, staleReason } = answer;
  return new Snapshot({ value, sizeBytes: 0, sentAt, fetchedAt, uncertaintyMs, isFinal }, staleReason);
};

/** The same answer, served in place of a newer one. */
export function asStale<T>(snapshot: Snapshot<T>, staleReason: string | null): Snapshot<T> {
  if (snapshot.staleReason === staleReason) return snapshot;
  const stale = new Snapshot(snapshot, staleReason);
  stale.unchangedSince = snapshot.unchangedSince;
  stale.hasReachedFinish = snapshot.hasReachedFinish;
  return stale;
}
