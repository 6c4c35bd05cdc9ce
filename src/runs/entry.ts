/** What is cached of a viewer: entries, their parts, and the latest snapshot of each part. */
import type { Run, RunRecord, StepFacts, WorkflowGraph } from '../domain/types.ts';
import type { RunRef } from '../upstream/client.ts';
import type { GatewayError } from '../upstream/errors.ts';
import type { Loaded } from './shared/shared-request.ts';
import type { Flight } from './single-flight.ts';
import type { Right } from './viewer-cache.ts';

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

/** Why a call failed in the last second: it is not repeated before `untilMs`. */
export interface Failure {
  readonly error: GatewayError;
  readonly untilMs: number;
}

/** One call's place in an entry: its latest answer, its failure of the last second, and the call under way. */
export class Part<T> {
  snapshot: Snapshot<T> | null = null;
  failure: Failure | null = null;
  flight: Flight<Loaded<T>> | null = null;
}

/** Measured on Node 24: a snapshot without its value, and an error with its stack. */
const SNAPSHOT_BYTES = 150;
const FAILURE_BYTES = 1200;

export const keyOf = ({ generation }: Right, name: string): string => `${generation} ${name}`;

export abstract class CacheEntry {
  /** Of the viewer's present right: an entry that is in use when the viewer is dropped goes on, empty, under the next one. */
  right: Right;
  readonly name: string;
  /** Loads under way and pollers that watch it. */
  loads = 0;
  pins = 0;
  /** The bytes that are counted for it while pollers watch it; and true if there was no room for them. */
  pinnedBytes = 0;
  lacksRoom = false;

  constructor(right: Right, name: string) {
    this.right = right;
    this.name = name;
  }

  get key(): string {
    return keyOf(this.right, this.name);
  }

  /** Under the viewer's next right. */
  moveTo(right: Right): void {
    this.right = right;
    this.clear();
  }

  /** Of what it caches now; 0: nothing is worth an entry. */
  abstract sizeBytes(): number;
  /** Frees what it caches. */
  abstract clear(): void;
}

abstract class EntryOfParts extends CacheEntry {
  /** The workflow that it belongs to; empty for the list of workflows. */
  abstract readonly workflowId: string;
  protected abstract parts(): readonly Part<unknown>[];

  override sizeBytes(): number {
    let bytes = 0;
    for (const { snapshot, failure } of this.parts()) {
      if (snapshot) bytes += snapshot.sizeBytes + SNAPSHOT_BYTES;
      if (failure) bytes += FAILURE_BYTES;
    }
    return bytes;
  }

  override clear(): void {
    for (const part of this.parts()) part.snapshot = part.failure = null;
  }
}

export type PartsEntry = EntryOfParts;

/** A run of a viewer. */
export class RunEntry extends EntryOfParts {
  readonly ref: RunRef;
  readonly record = new Part<MaybeRecord>();
  readonly steps = new Part<StepList>();

  constructor(right: Right, name: string, ref: RunRef) {
    super(right, name);
    this.ref = ref;
  }

  override get workflowId(): string {
    return this.ref.workflowId;
  }

  protected override parts(): readonly Part<unknown>[] {
    return [this.record, this.steps];
  }
}

/** A list of a viewer: its workflows, or a window of a workflow's history. */
export class ListEntry<T> extends EntryOfParts {
  override readonly workflowId: string;
  readonly list = new Part<T>();

  constructor(right: Right, name: string, workflowId: string) {
    super(right, name);
    this.workflowId = workflowId;
  }

  protected override parts(): readonly Part<unknown>[] {
    return [this.list];
  }
}
