/** Cached data of a viewer: its right, and the entries under that right, by workflow. Entries never move. */
import type { UpstreamEndpoint } from '../config/config.ts';
import type { RunRef } from '../upstream/client.ts';
import type { GatewayError } from '../upstream/errors.ts';
import { refKey } from '../upstream/ids.ts';
import type { Loaded } from './ports.ts';
import type { Flight } from './single-flight.ts';
import type { MaybeRecord, Snapshot, StepList } from './snapshot.ts';

/** Result of a call that renews a right. */
export interface Revalidation {
  readonly endpoint: UpstreamEndpoint;
  /** Error, or null on success. */
  readonly error: Error | null;
}

/**
 * A viewer's calls in progress. After a drop, the next right has them as well: readers share them, but their results
 * aren't cached.
 */
export class Calls {
  readonly flights = new Map<string, Flight<Loaded<unknown>>>();
  count = 0;
}

/** Entries of a right that are dropped together, by name. */
export type Entries = Map<string, CacheEntry>;

/** Entries of whole responses, which mix workflows. They are dropped with any workflow. */
export const ANSWERS = Symbol('answers');
/** Records of 403s, which aren't dropped with a workflow. */
export const FORBIDDEN = Symbol('forbidden');
/** A workflow's id (empty for the list of workflows), or one of these two symbols. */
export type EntriesKey = string | typeof ANSWERS | typeof FORBIDDEN;

/** A viewer's right to its cached responses. A successful upstream call proves it; a 401 or an eviction drops it. */
export class Right {
  readonly viewerId: string;
  /** When the last successful call was sent, in ms since 1970, or null. */
  lastSuccessAt: number | null = null;
  /** Set once the right is dropped. From then on, nothing is cached under it. */
  isDropped = false;
  /** How often whole responses were dropped. One that began before the latest drop isn't cached. */
  answersDropped = 0;
  readonly calls: Calls;
  /** Revalidation calls in progress, by workflow id. */
  revalidations: Map<string, Promise<Revalidation>> | null = null;
  entries = new Map<EntriesKey, Entries>();

  constructor(viewerId: string, calls = new Calls()) {
    this.viewerId = viewerId;
    this.calls = calls;
  }
}

/** Error of a failed call, which isn't repeated before `untilMs`, in ms since 1970. */
export interface Failure {
  readonly error: GatewayError;
  readonly untilMs: number;
}

/** Cached state of one upstream call: latest response, and latest failure. */
export class Part<T> {
  snapshot: Snapshot<T> | null = null;
  failure: Failure | null = null;
}

/** Sizes measured on Node 24: a snapshot without its value, and an error with its stack. */
const SNAPSHOT_BYTES = 180;
const FAILURE_BYTES = 1200;

export abstract class CacheEntry {
  readonly right: Right;
  readonly key: EntriesKey;
  /** Unique among the entries of this key. */
  readonly name: string;

  constructor(right: Right, key: EntriesKey, name: string) {
    this.right = right;
    this.key = key;
    this.name = name;
  }

  /** Size of the cached data, 0 if empty. */
  abstract sizeBytes(): number;
}

/** A 403 of an endpoint that hasn't succeeded since. Repeated ones drop nothing. */
export class Forbidden extends CacheEntry {
  override sizeBytes(): number {
    return 1;
  }
}

/** Cache entry of upstream responses. */
export abstract class PartsEntry extends CacheEntry {
  protected abstract parts(): readonly Part<unknown>[];

  override sizeBytes(): number {
    let bytes = 0;
    for (const { snapshot, failure } of this.parts()) {
      if (snapshot) bytes += snapshot.sizeBytes + SNAPSHOT_BYTES;
      if (failure) bytes += FAILURE_BYTES;
    }
    return bytes;
  }
}

/** Identifies an entry under any right. */
export interface Subject<Entry extends PartsEntry> {
  /** Workflow id, or empty for the list of workflows. */
  readonly workflowId: string;
  readonly name: string;
  entryOf(right: Right): Entry;
}

export class RunEntry extends PartsEntry {
  readonly ref: RunRef;
  readonly record = new Part<MaybeRecord>();
  readonly steps = new Part<StepList>();

  constructor(right: Right, name: string, ref: RunRef) {
    super(right, ref.workflowId, name);
    this.ref = ref;
  }

  protected override parts(): readonly Part<unknown>[] {
    return [this.record, this.steps];
  }
}

export class RunSubject implements Subject<RunEntry> {
  readonly ref: RunRef;
  readonly workflowId: string;
  readonly name: string;

  constructor(ref: RunRef) {
    this.ref = ref;
    this.workflowId = ref.workflowId;
    this.name = `run ${refKey(ref)}`;
  }

  entryOf(right: Right): RunEntry {
    return new RunEntry(right, this.name, this.ref);
  }
}

/** Cache entry of a list: the viewer's workflows, or a window of a workflow's history. */
export class ListEntry<T> extends PartsEntry {
  readonly list = new Part<T>();

  protected override parts(): readonly Part<unknown>[] {
    return [this.list];
  }
}
