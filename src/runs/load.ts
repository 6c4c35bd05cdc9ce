/** One load of a part: by a call of this gateway, or by the answer to another gateway's call. */
import type { CallOptions } from '../upstream/client.ts';
import { GatewayError, isNotFound } from '../upstream/errors.ts';
import { Snapshot, type Answered, type Part, type PartsEntry } from './entry.ts';
import type { ReadContext } from './read-context.ts';
import type { Called, Loaded, SharedRequest } from './shared/shared-request.ts';
import type { SharedTier } from './shared/shared-tier.ts';
import type { StoredAnswer } from './shared/stored-answer.ts';
import type { Flight } from './single-flight.ts';
import type { Source } from './source.ts';
import type { Right, ViewerCache } from './viewer-cache.ts';
import { upstreamIdentityOf, type Viewer } from './viewer.ts';

export interface LoadOptions {
  readonly viewers: ViewerCache;
  /** Null: this gateway shares nothing. */
  readonly shared: SharedTier | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const CALLED = { isProof: true, wasCalled: true } as const;

/** A class, since the shared tier calls it back in many ways. */
export class Load<Ref, Entry extends PartsEntry, T> implements SharedRequest<T> {
  readonly viewer: Viewer;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly #options: LoadOptions;
  readonly #source: Source<Ref, Entry, T>;
  readonly #ref: Ref;
  readonly #operation: ReadContext;
  readonly #call: CallOptions;
  /** What the operation must not be given again. */
  readonly #skipped: Snapshot<T> | null;
  readonly #entry: Entry;
  /** What its answer proves. The entry may have another one by then: its viewer was dropped. */
  #right: Right;

  constructor(
    options: LoadOptions,
    source: Source<Ref, Entry, T>,
    ref: Ref,
    entry: Entry,
    operation: ReadContext,
    signal: AbortSignal,
  ) {
    const { viewer, requestId, budget, operationRecord, skipsLive } = operation;
    this.viewer = viewer;
    this.key = source.nameOf(ref);
    this.signal = signal;
    this.#options = options;
    this.#source = source;
    this.#ref = ref;
    this.#operation = operation;
    this.#call = { ...callerOf(options.viewers, viewer), refusals: budget, requestId, signal, operationRecord };
    this.#skipped = skipsLive ? source.partOf(entry).snapshot : null;
    this.#entry = entry;
    this.#right = entry.right;
  }

  async run(): Promise<Loaded<T>> {
    const { viewers, shared } = this.#options;
    viewers.use(this.#entry);
    try {
      const loading = shared ? shared.load(this) : this.call();
      if (!viewers.isProven(this.#right)) revalidate(this.#right, this.#entry.workflowId, loading);
      return await loading;
    } finally {
      viewers.leave(this.#entry);
    }
  }

  /** A call of this gateway. */
  async call(): Promise<Called<T>> {
    const { viewers, now } = this.#options;
    const sentAt = now();
    try {
      const { value, sizeBytes, body } = await this.#source.fetch(this.#ref, this.#call);
      viewers.prove(this.#right, sentAt);
      return this.#keepCalled({ value, sentAt, fetchedAt: now(), sizeBytes }, body);
    } catch (error) {
      const { valueIfMissing: value } = this.#source;
      if (!isNotFound(error) || value === undefined) throw error;
      // A 404 does not prove the right: an upstream may answer it before it checks the key.
      return { ...this.#keepCalled({ value, sentAt, fetchedAt: now(), sizeBytes: 0 }, null), isProof: false };
    }
  }

  proveRight(sentAt: number): void {
    this.#options.viewers.prove(this.#right, Math.min(sentAt, this.#options.now()));
  }

  provenSince(): number | null {
    return this.#right.firstSuccessAt;
  }

  /** What it answers from now on is newer, and proves the next right. */
  drop(): void {
    if (!this.#right.isDropped) this.#options.viewers.drop(this.viewer.id);
    this.#right = this.#entry.right;
  }

  /** Nobody may join it any more. */
  forget(flight: Flight<Loaded<T>>): void {
    if (this.#part.flight === flight) this.#part.flight = null;
  }

  current(): Loaded<T> | null {
    const cached = this.#part.snapshot;
    if (!cached || cached === this.#skipped || !this.#options.viewers.isProven(this.#entry.right)) return null;
    return this.#isFresh(cached) ? { cached, isProof: true, wasCalled: false } : null;
  }

  async accept(stored: StoredAnswer): Promise<Snapshot<T> | null> {
    const { viewers, now } = this.#options;
    const { bytes, sentAt, fetchedAt, uncertaintyMs, isFinal } = stored;
    if (!viewers.isProven(this.#entry.right)) return null;
    // Of a Valkey whose clock was ahead: it would be fresh for too long.
    if (Math.max(sentAt, fetchedAt) > now() + uncertaintyMs) return null;
    const skipped = this.#operation.skipsShared ? this.#skipped : null;
    if (skipped && sentAt <= skipped.sentAt + skipped.uncertaintyMs) return null;
    const answer =
      bytes === null ? { value: this.#source.valueIfMissing, sizeBytes: 0 } : await this.#readStored(bytes);
    if (answer?.value === undefined) return null;
    const { value, sizeBytes } = answer;
    const snapshot = this.#snapshotOf({ value, sizeBytes, sentAt, fetchedAt, uncertaintyMs, isFinal });
    if (!this.#isFresh(snapshot)) return null;
    // What this gateway has fetched later than that it could perhaps not share.
    const own = this.#part.snapshot;
    return own && own.sentAt > sentAt + uncertaintyMs && this.#isFresh(own) ? own : this.#keep(snapshot);
  }

  sharedMs(snapshot: Snapshot<T>): number {
    return Math.max(this.#source.sharedMs ?? 0, this.#source.lifetimeMs(snapshot, this.#entry));
  }

  related(): Promise<void> | null {
    return this.#source.related?.(this.#entry).flight?.landing() ?? null;
  }

  get #part(): Part<T> {
    return this.#source.partOf(this.#entry);
  }

  #isFresh(snapshot: Snapshot<T>): boolean {
    return this.#options.now() < snapshot.fetchedAt + this.#source.lifetimeMs(snapshot, this.#entry);
  }

  #snapshotOf(answered: Answered<T>): Snapshot<T> {
    const snapshot = new Snapshot(answered);
    const before = this.#part.snapshot;
    if (before) this.#source.follow?.(before, snapshot);
    return snapshot;
  }

  /** Another call, sent later, may have been answered before: then its answer stays. */
  #keepCalled(answered: Answered<T>, body: Called<T>['body']): Called<T> {
    const own = this.#part.snapshot;
    if (own && own.sentAt > answered.sentAt) return { ...CALLED, cached: own, body: undefined };
    return { ...CALLED, cached: this.#keep(this.#snapshotOf(answered)), body };
  }

  #keep(snapshot: Snapshot<T>): Snapshot<T> {
    const { viewers } = this.#options;
    if (!this.#right.isDropped) viewers.put(this.#entry, this.#part, snapshot);
    const { endpoint } = this.#source;
    viewers.allow(viewers.rightOf(this.viewer.id), { endpoint, workflowId: this.#entry.workflowId });
    return snapshot;
  }

  /** Null for what this version can't read: then a call is made. Rejects with NOT_FOUND for what is out of the viewer's scope. */
  async #readStored(stored: Buffer) {
    try {
      return await this.#source.fetch(this.#ref, { ...this.#call, stored });
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'UPSTREAM_CONTRACT_VIOLATION') return null;
      throw error;
    }
  }
}

/** What an upstream call has to say of its caller. */
export const callerOf = (viewers: ViewerCache, viewer: Viewer) => ({
  ...upstreamIdentityOf(viewer),
  isAccepted: () => viewers.isAccepted(viewer.id),
});

/**
 * A call that renews the right, one for each workflow: whoever finds cached data of that workflow meanwhile waits for it. So nobody waits
 * for a workflow whose calls hang or are denied, but who asks for it.
 */
function revalidate(right: Right, workflowId: string, loading: Promise<Loaded<unknown>>): void {
  const revalidations = (right.revalidations ??= new Map<string, Promise<unknown>>());
  const outcome: Promise<unknown> = loading
    .then(
      ({ isProof }) => (isProof ? null : new Error('the call has not proven the right of its viewer')),
      (error: unknown) => error,
    )
    .finally(() => {
      if (revalidations.get(workflowId) === outcome) revalidations.delete(workflowId);
    });
  revalidations.set(workflowId, outcome);
}
