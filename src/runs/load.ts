/** One load of a part: by a call of this gateway, or by the answer to another gateway's call. */
import type { CallOptions } from '../upstream/client.ts';
import { GatewayError, isAccessDenied, isForbidden, isNotFound, isOutage } from '../upstream/errors.ts';
import type { Part, PartsEntry, Right } from './entry.ts';
import type { ReadContext } from './read-context.ts';
import type { Called, Loaded, SharedRequest, SharedState, SharedTier, StoredAnswer } from './ports.ts';
import { Snapshot, type Answered } from './snapshot.ts';
import { endOf, type Source } from './source.ts';
import type { Denied } from './rights.ts';
import type { ViewerCache } from './viewer-cache.ts';
import { upstreamIdentityOf, type Viewer } from './viewer.ts';

export interface LoadOptions {
  readonly viewers: ViewerCache;
  /** Null: this gateway shares nothing. */
  readonly shared: SharedTier | null;
  readonly liveTtlMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A 404 is believed no longer than this: a run that was just started may not be visible yet. */
const MAX_PAUSE_MS = 1000;

const CALLED = { isProof: true, wasCalled: true } as const;
const NOT_CALLED = { isProof: true, wasCalled: false } as const;

/** A class, since the shared tier calls it back. */
export class Load<Entry extends PartsEntry, T> implements SharedRequest<T> {
  readonly viewer: Viewer;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly #options: LoadOptions;
  readonly #source: Source<Entry, T>;
  readonly #entry: Entry;
  readonly #part: Part<T>;
  readonly #call: CallOptions;
  readonly #skipsShared: boolean;
  /** What the operation must not be given again. */
  readonly #skipped: Snapshot<T> | null;
  /** What its success proves. When the viewer is dropped, the entry goes on under another one. */
  #right: Right;

  constructor(
    options: LoadOptions,
    source: Source<Entry, T>,
    entry: Entry,
    { viewer, requestId, budget, operationRecord, skipsLive, skipsShared = false }: ReadContext,
    signal: AbortSignal,
  ) {
    this.viewer = viewer;
    this.key = source.nameOf(entry);
    this.signal = signal;
    this.#options = options;
    this.#source = source;
    this.#entry = entry;
    this.#part = source.partOf(entry);
    this.#call = { ...callerOf(options.viewers, viewer), refusals: budget, requestId, signal, operationRecord };
    this.#skipsShared = skipsShared;
    this.#skipped = skipsLive ? this.#part.snapshot : null;
    this.#right = entry.right;
  }

  async run(): Promise<Loaded<T>> {
    const { viewers, shared } = this.#options;
    viewers.use(this.#entry);
    try {
      const loading = shared ? shared.load(this) : this.call();
      if (!viewers.isProven(this.#right)) revalidate(this.#right, this.#entry.workflowId, loading);
      return await loading;
    } catch (error) {
      this.#afterFailure(error);
      throw error;
    } finally {
      viewers.leave(this.#entry);
    }
  }

  /** A call of this gateway. */
  async call(): Promise<Called<T>> {
    const { viewers, now } = this.#options;
    const sentAt = now();
    try {
      const { value, sizeBytes, body } = await this.#source.fetch(this.#entry, this.#call);
      viewers.prove(this.#right, sentAt);
      return this.#keepCalled({ value, sentAt, fetchedAt: now(), sizeBytes }, body);
    } catch (error) {
      const { valueIfMissing: value } = this.#source;
      if (!isNotFound(error) || value === undefined) throw error;
      // A 404 does not prove the right: an upstream may answer it before it checks the key.
      return { ...this.#keepCalled({ value, sentAt, fetchedAt: now(), sizeBytes: 0 }, null), isProof: false };
    }
  }

  async find(state: SharedState): Promise<Loaded<T> | null> {
    const { viewers, now } = this.#options;
    const { firstSuccessAt } = this.#right;
    if (firstSuccessAt !== null && state.isWithdrawnSince(firstSuccessAt)) {
      if (!this.#right.isDropped) viewers.drop(this.viewer.id);
      // What is read from now on is newer, and proves the next right.
      this.#right = this.#entry.right;
    }
    if (state.successAt !== null) viewers.prove(this.#right, Math.min(state.successAt, now()));
    const own = this.#part.snapshot;
    if (own && own !== this.#skipped && this.#isProven() && this.#isFresh(own)) return { ...NOT_CALLED, cached: own };
    const stored = await state.answer();
    const cached = stored && this.#isProven() ? await this.#accept(stored) : null;
    return cached && { ...NOT_CALLED, cached };
  }

  sharedMs(snapshot: Snapshot<T>): number {
    return Math.max(this.#source.sharedMs ?? 0, this.#source.lifetimeMs(snapshot, this.#entry));
  }

  related(): Promise<void> | null {
    return this.#source.related?.(this.#entry).flight?.landing() ?? null;
  }

  /** Null for what can't be read, or is too old. */
  async #accept({ bytes, ...stored }: StoredAnswer): Promise<Snapshot<T> | null> {
    const { sentAt, fetchedAt, uncertaintyMs } = stored;
    // Of a Valkey whose clock was ahead: it would be fresh for too long.
    if (Math.max(sentAt, fetchedAt) > this.#options.now() + uncertaintyMs) return null;
    const skipped = this.#skipsShared ? this.#skipped : null;
    if (skipped && sentAt <= skipped.sentAt + skipped.uncertaintyMs) return null;
    const answer = bytes ? await this.#readStored(bytes) : { value: this.#source.valueIfMissing, sizeBytes: 0 };
    if (answer?.value === undefined) return null;
    const snapshot = this.#snapshotOf({ ...stored, value: answer.value, sizeBytes: answer.sizeBytes });
    if (!this.#isFresh(snapshot)) return null;
    // What this gateway has fetched later than that it could perhaps not share.
    const own = this.#part.snapshot;
    return own && own.sentAt > sentAt + uncertaintyMs && this.#isFresh(own) ? own : this.#keep(snapshot);
  }

  #isProven(): boolean {
    return this.#options.viewers.isProven(this.#entry.right);
  }

  #isFresh(snapshot: Snapshot<T>): boolean {
    return this.#options.now() < endOf(this.#source, this.#entry, snapshot);
  }

  #snapshotOf(answered: Answered<T>): Snapshot<T> {
    const snapshot = new Snapshot(answered);
    if (this.#part.snapshot) this.#source.follow?.(this.#part.snapshot, snapshot);
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
    viewers.allow(this.#entry.right, this.#asked());
    return snapshot;
  }

  #asked(): Denied {
    return { endpoint: this.#source.endpoint, workflowId: this.#entry.workflowId };
  }

  #afterFailure(error: unknown): void {
    const { viewers, liveTtlMs, now } = this.#options;
    const [entry, part] = [this.#entry, this.#part];
    const failureOf = (error: GatewayError) => ({ error, untilMs: now() + Math.min(MAX_PAUSE_MS, liveTtlMs) });
    if (isAccessDenied(error)) {
      // It may have come inside a list. What would be served again without a call makes the denial news.
      if (part.snapshot && this.#isFresh(part.snapshot)) viewers.allow(entry.right, this.#asked());
      deny(this.#options, this.viewer, error, this.#asked());
      viewers.put(entry, part, null);
    } else if (isNotFound(error)) {
      viewers.put(entry, part, null, failureOf(error));
    } else if (isOutage(error) && part.snapshot) {
      viewers.put(entry, part, part.snapshot, failureOf(error));
    }
  }

  /** Null for what this version can't read: then a call is made. Rejects with NOT_FOUND for what is out of the viewer's scope. */
  async #readStored(stored: Buffer) {
    try {
      return await this.#source.fetch(this.#entry, { ...this.#call, stored });
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

/** A 401 or 403 drops everything of the viewer, unless it is the same 403 as before: of an endpoint of a workflow that was not allowed since. */
export function deny(
  { viewers, shared }: Pick<LoadOptions, 'viewers' | 'shared'>,
  viewer: Viewer,
  error: unknown,
  denied: Denied,
): void {
  const hadRight = viewers.hasRight(viewer.id);
  if (!isForbidden(error)) viewers.drop(viewer.id);
  else if (!viewers.deny(viewer.id, denied)) return;
  shared?.withdraw(viewer, hadRight);
}

/**
 * A call that renews the right, one for each workflow. Reads of cached data of that workflow wait for it. Reads of other workflows do not,
 * so a workflow whose calls hang or are denied delays only its own reads.
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
