/** What is known of a viewer: its right, the entries that are cached under it, and their parts. */
import type { RunRef } from '../upstream/client.ts';
import type { GatewayError } from '../upstream/errors.ts';
import type { Loaded } from './ports.ts';
import type { Flight } from './single-flight.ts';
import type { MaybeRecord, Snapshot, StepList } from './snapshot.ts';

/** A viewer's right to what is cached for it, from its first successful call until it is dropped. */
export class Right {
  readonly viewerId: string;
  /** Of this right alone, in the whole life of the process. All have the same length, so that equal entries count equal bytes. */
  readonly generation: string;
  /** When the first successful call was sent, and the last one; null: none has succeeded. */
  firstSuccessAt: number | null = null;
  lastSuccessAt: number | null = null;
  /** From then on nothing proves it, and nothing is cached for it. */
  isDropped = false;
  /** Calls under way that use no entry. */
  calls = 0;
  /** What this viewer was denied, and has not had since. It outlives a drop: denied once more, it is not news. */
  readonly denied: Set<string>;
  /** Calls under way that renew the right, by workflow: each resolves with its error, or null. */
  revalidations: Map<string, Promise<unknown>> | null = null;
  /** Entries that loads or pollers use, by name. */
  readonly inUse = new Map<string, CacheEntry>();
  /** The keys of its entries in the LRU. */
  readonly keys = new Set<string>();

  constructor(viewerId: string, generation: string, denied: Set<string>) {
    this.viewerId = viewerId;
    this.generation = generation;
    this.denied = denied;
  }

  /** The key of its entry of this name. */
  keyOf(name: string): string {
    return `${this.generation} ${name}`;
  }
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
    return this.right.keyOf(this.name);
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

/** An entry of upstream answers. */
export abstract class PartsEntry extends CacheEntry {
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

/** A run of a viewer. */
export class RunEntry extends PartsEntry {
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
export class ListEntry<T> extends PartsEntry {
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
