/** Cached data of a viewer: its right, the cache entries stored under that right, and their parts. */
import type { UpstreamEndpoint } from '../config/config.ts';
import type { RunRef } from '../upstream/client.ts';
import type { GatewayError } from '../upstream/errors.ts';
import type { Loaded } from './ports.ts';
import type { Flight } from './single-flight.ts';
import type { MaybeRecord, Snapshot, StepList } from './snapshot.ts';

/** Result of a call that renews a right. */
export interface Revalidation {
  readonly endpoint: UpstreamEndpoint;
  /** Null on success. */
  readonly error: unknown;
}

/** A viewer's right to its cached answers. A successful upstream call proves it; a denial or an eviction drops it. */
export class Right {
  readonly viewerId: string;
  /** Generation, unique in the process. Its length is fixed, so that equal entries count equal bytes. */
  readonly generation: string;
  /** Send time of the last successful call, in ms since 1970. Null if none succeeded. */
  lastSuccessAt: number | null = null;
  /** Latest withdrawal that the fleet knows. Null if there was none, undefined if the fleet was not asked. */
  withdrawal: string | null | undefined = undefined;
  /** True once the right is dropped. Nothing is cached under it from then on. */
  isDropped = false;
  /** Number of calls in progress without a cache entry. */
  uncachedCalls = 0;
  /** Resources denied with a 403 and not allowed since. Kept after a drop: a repeated 403 drops nothing. */
  readonly denied: Set<string>;
  /** Revalidation calls in progress, by workflow id. */
  revalidations: Map<string, Promise<Revalidation>> | null = null;
  /** Entries that a load or a poller uses, by name. */
  readonly inUse = new Map<string, CacheEntry>();
  /** LRU keys of the entries of this right. */
  readonly keys = new Set<string>();

  constructor(viewerId: string, generation: string, denied: Set<string>) {
    this.viewerId = viewerId;
    this.generation = generation;
    this.denied = denied;
  }

  keyOf(name: string): string {
    return `${this.generation} ${name}`;
  }
}

/** Error of a failed call. The call is not repeated before `untilMs`, in ms since 1970. */
export interface Failure {
  readonly error: GatewayError;
  readonly untilMs: number;
}

/** Cached state of one upstream call: latest answer, latest failure, and the single flight in progress. */
export class Part<T> {
  snapshot: Snapshot<T> | null = null;
  failure: Failure | null = null;
  flight: Flight<Loaded<T>> | null = null;
}

/** Sizes measured on Node 24: a snapshot without its value, and an error with its stack. */
const SNAPSHOT_BYTES = 150;
const FAILURE_BYTES = 1200;

export abstract class CacheEntry {
  /** The viewer's current right. An entry in use when the viewer is dropped moves, emptied, to the next right. */
  right: Right;
  readonly name: string;
  /** Number of loads in progress, and of pollers that watch the entry. */
  loads = 0;
  pins = 0;
  /** Bytes reserved while pollers watch the entry. `lacksRoom` is true if they did not fit. */
  pinnedBytes = 0;
  lacksRoom = false;

  constructor(right: Right, name: string) {
    this.right = right;
    this.name = name;
  }

  get key(): string {
    return this.right.keyOf(this.name);
  }

  /** Moves the entry, emptied, to the viewer's next right. */
  moveTo(right: Right): void {
    this.right = right;
    this.clear();
  }

  /** Size of the cached data. 0 if the entry is empty. */
  abstract sizeBytes(): number;
  abstract clear(): void;
}

/** Cache entry of upstream answers. */
export abstract class PartsEntry extends CacheEntry {
  /** Id of the entry's workflow. Empty for the list of workflows. */
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

/** Cache entry of a list: the viewer's workflows, or a window of a workflow's history. */
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
