/** One load of a cache part: a response or failure for all readers that wait for it. */
import type { CallOptions } from '../upstream/client.ts';
import { GatewayError, isAccessDenied, isForbidden, isNotFound, isOutage } from '../upstream/errors.ts';
import { isWrite } from '../upstream/writes.ts';
import type { Failure, PartsEntry, Revalidation, Right } from './entry.ts';
import type { ReadContext } from './read-context.ts';
import type { Called, Loaded, Resource, StoredAnswer } from './ports.ts';
import { Snapshot, type Answered } from './snapshot.ts';
import { callName, endOf, type Wanted } from './source.ts';
import type { Asked } from './rights.ts';
import type { Readers, Task } from './single-flight.ts';
import type { ViewerCache } from './viewer-cache.ts';
import type { Viewer } from '../auth/viewer.ts';

export interface LoadOptions {
  readonly viewers: ViewerCache;
  readonly obtain: Obtain;
  readonly onDenied: OnDenied;
  readonly liveTtlMs: number;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
}

/** Gets the response of a load, through an upstream call or from another gateway. */
export type Obtain = <Entry extends PartsEntry, T>(load: Load<Entry, T>) => Promise<Loaded<T>>;

/** Used by a gateway that shares nothing. */
export const callUpstream: Obtain = (load) => load.call();

/** Called when the upstream has rejected or forbidden a key. `workflowId` is null if it rejected the key. */
export type OnDenied = (viewer: Viewer, workflowId: string | null, hadRight: boolean) => void;

/** WITHDRAWN: what is being loaded was dropped meanwhile. Readers still get the response, but it isn't cached. */
type LoadState = 'CACHEABLE' | 'WITHDRAWN';

/**
 * Longest time for which a failure is cached. A 404 may change soon, because a newly started run may not be visible
 * yet.
 */
const MAX_PAUSE_MS = 1000;

const CALLED = { isProof: true, wasCalled: true } as const;
const NOT_CALLED = { isProof: true, wasCalled: false } as const;

/** One load, shared by all readers that join, under the operation of the first. */
export class Load<Entry extends PartsEntry, T> implements Task<Loaded<T>> {
  readonly signal: AbortSignal;
  readonly #options: LoadOptions;
  readonly #wanted: Wanted<Entry, T>;
  readonly #viewer: Viewer;
  readonly #call: CallOptions;
  /** Snapshot that the operation must not get again. */
  readonly #skipped: Snapshot<T> | null;
  #state: LoadState = 'CACHEABLE';
  #right: Right;

  constructor(options: LoadOptions, wanted: Wanted<Entry, T>, operation: ReadContext, readers: Readers) {
    this.signal = readers.signal;
    this.#options = options;
    this.#wanted = wanted;
    this.#viewer = operation.viewer;
    this.#call = callOf(operation, readers);
    this.#right = options.viewers.rightOf(operation.viewer.id);
    this.#skipped = operation.skipsLive ? this.#known : null;
  }

  async run(): Promise<Loaded<T>> {
    const { viewers, obtain } = this.#options;
    try {
      const loading = obtain(this);
      if (!viewers.mayServe(this.#right)) revalidate(this.#right, this.#asked, loading);
      return await loading;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  withdraw(): void {
    this.#state = 'WITHDRAWN';
  }

  /** Called after a drop caused by the load itself: responses read from now on are newer. */
  beginAnew(): void {
    this.#right = this.#options.viewers.rightOf(this.#viewer.id);
    this.#state = 'CACHEABLE';
  }

  get isCacheable(): boolean {
    return this.#state === 'CACHEABLE';
  }

  /** The right that a success proves, and under which the response is cached. */
  get right(): Right {
    return this.#right;
  }

  get resource(): Resource {
    const { endpoint, workflowId } = this.#asked;
    return { viewer: this.#viewer, workflowId, key: callName(endpoint, this.#entry) };
  }

  async call(): Promise<Called<T>> {
    const { viewers, now } = this.#options;
    const { source } = this.#wanted;
    const sentAt = now();
    try {
      const { value, sizeBytes, body } = await source.fetch(this.#entry, this.#call);
      viewers.prove(this.#right, sentAt);
      return this.#keepCalled({ value, sentAt, fetchedAt: now(), sizeBytes }, body);
    } catch (error) {
      const { valueIfMissing: value } = source;
      if (!isNotFound(error) || value === undefined) throw error;
      // A 404 doesn't prove the right, because an upstream may return it before checking the key.
      return { ...this.#keepCalled({ value, sentAt, fetchedAt: now(), sizeBytes: 0 }, null), isProof: false };
    }
  }

  /** Returns the cached response if a call is no longer needed. */
  look(): Loaded<T> | null {
    const known = this.#known;
    if (!known || known === this.#skipped || !this.#mayServe || !this.#isFresh(known)) return null;
    return { ...NOT_CALLED, cached: known };
  }

  /** Returns null if a call is needed instead. Rejects with NOT_FOUND outside the viewer's scope. */
  async accept({ bytes, ...stored }: StoredAnswer): Promise<Loaded<T> | null> {
    if (!this.#mayServe || (this.#skipped && stored.sentAt <= this.#skipped.sentAt)) return null;
    const answer = bytes ? await this.#read(bytes) : { value: this.#wanted.source.valueIfMissing, sizeBytes: 0 };
    if (answer?.value === undefined) return null;
    const answered = { ...stored, value: answer.value, sizeBytes: answer.sizeBytes };
    if (!this.#isFresh(new Snapshot(answered))) return null;
    // This gateway has a newer response, which may not have been shared.
    const known = this.#known;
    const isOwnNewer = known && known.sentAt > stored.sentAt && this.#isFresh(known);
    return { ...NOT_CALLED, cached: isOwnNewer ? known : this.#keep(answered) };
  }

  /** How long other gateways may use the response, in ms, or Infinity if it is final. */
  sharedMs({ cached }: Called<T>): number {
    const { source } = this.#wanted;
    return Math.max(source.sharedMs ?? 0, source.lifetimeMs(cached, this.#entry));
  }

  /** Resolves when the other call that may make the response final is over, or null if none is in progress. */
  relatedLanding(): Promise<void> | null {
    const { related } = this.#wanted.source;
    return (related && this.#right.calls.flights.get(callName(related, this.#entry))?.landing()) ?? null;
  }

  /** Looked up each time, because the entry may be evicted or dropped at any time. */
  get #entry(): Entry {
    return this.#options.viewers.entryOf(this.#right, this.#wanted.subject);
  }

  get #known(): Snapshot<T> | null {
    return this.#wanted.source.partOf(this.#entry).snapshot;
  }

  get #asked(): Asked {
    return { endpoint: this.#wanted.source.endpoint, workflowId: this.#wanted.subject.workflowId };
  }

  get #mayServe(): boolean {
    return this.#options.viewers.mayServe(this.#right);
  }

  #isFresh(snapshot: Snapshot<T>): boolean {
    return this.#options.now() < endOf(this.#wanted.source, this.#entry, snapshot);
  }

  /** Returns null if this version can't read the bytes. */
  async #read(stored: Buffer) {
    try {
      return await this.#wanted.source.fetch(this.#entry, { ...this.#call, stored });
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'UPSTREAM_CONTRACT_VIOLATION') return null;
      throw error;
    }
  }

  /** A call sent later may have finished first. Its response stays. */
  #keepCalled(answered: Answered<T>, body: Called<T>['body']): Called<T> {
    const known = this.#known;
    if (known && known.sentAt > answered.sentAt) return { ...CALLED, cached: known, body: undefined };
    return { ...CALLED, cached: this.#keep(answered), body };
  }

  #keep(answered: Answered<T>): Snapshot<T> {
    const before = this.#known;
    const snapshot = new Snapshot(answered);
    if (before) this.#wanted.source.follow?.(before, snapshot);
    this.#put(snapshot);
    this.#options.viewers.allow(this.#right, this.#asked);
    return snapshot;
  }

  #put(snapshot: Snapshot<T> | null, failure: Failure | null = null): void {
    if (!this.isCacheable) return;
    const entry = this.#entry;
    this.#options.viewers.put(entry, this.#wanted.source.partOf(entry), snapshot, failure);
  }

  #fail(error: unknown): void {
    const { viewers, liveTtlMs, now } = this.#options;
    const failureOf = (error: GatewayError) => ({ error, untilMs: now() + Math.min(MAX_PAUSE_MS, liveTtlMs) });
    const known = this.#known;
    if (isAccessDenied(error)) {
      // A fresh cached response, perhaps from a list, counts as allowed: the denial is then new, and drops it.
      if (known && this.#isFresh(known)) viewers.allow(this.#right, this.#asked);
      deny(this.#options, this.#viewer, error, this.#asked);
      this.#put(null);
    } else if (isNotFound(error)) {
      this.#put(null, failureOf(error));
    } else if (isOutage(error) && known) {
      this.#put(known, failureOf(error));
    }
  }
}

/** Describes one of this operation's calls to the upstream. */
export const callOf = (
  { viewer: { id: viewerId, credential, scope, redaction }, requestId, budget, reader, operationRecord }: ReadContext,
  { requesters, signal }: Readers,
): CallOptions => ({
  ...{ viewerId, credential, scope, redaction, requesters, requestId, signal, reader, operationRecord },
  rejections: budget,
});

/**
 * A 401 drops the viewer. A 403 drops the workflow, once, until the endpoint succeeds again. A caller that may not
 * write may still read.
 */
export function deny(
  { viewers, onDenied }: Pick<LoadOptions, 'viewers' | 'onDenied'>,
  viewer: Viewer,
  error: unknown,
  asked: Asked,
): void {
  const hadRight = viewers.rightOf(viewer.id).lastSuccessAt !== null;
  if (!isForbidden(error)) {
    viewers.drop(viewer.id);
    onDenied(viewer, null, hadRight);
  } else if (!isWrite(asked.endpoint) && viewers.forbid(viewer.id, asked)) {
    onDenied(viewer, asked.workflowId, hadRight);
  }
}

/** Registers the load that renews the right. One per workflow, so a hanging workflow delays only its own reads. */
function revalidate(right: Right, { endpoint, workflowId }: Asked, loading: Promise<Loaded<unknown>>): void {
  const revalidations = (right.revalidations ??= new Map<string, Promise<Revalidation>>());
  const outcome: Promise<Revalidation> = loading
    .then(
      ({ isProof }) => (isProof ? null : new Error("the call does not prove the viewer's right")),
      (error: unknown) => error as Error,
    )
    .then((error) => ({ endpoint, error }))
    .finally(() => {
      if (revalidations.get(workflowId) === outcome) revalidations.delete(workflowId);
    });
  revalidations.set(workflowId, outcome);
}
