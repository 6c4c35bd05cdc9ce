/** One load of a cache part: by an upstream call of this gateway, or by an answer that another gateway shared. */
import type { CallOptions } from '../upstream/client.ts';
import { AbandonedError, GatewayError, isAccessDenied, isForbidden, isNotFound, isOutage } from '../upstream/errors.ts';
import type { PartsEntry, Revalidation, Right } from './entry.ts';
import type { ReadContext } from './read-context.ts';
import type { Called, Lease, Loaded, SharedAnswers, SharedState, StoredAnswer } from './ports.ts';
import { Snapshot, type Answered } from './snapshot.ts';
import { endOf, type Source } from './source.ts';
import type { Denied } from './rights.ts';
import type { ViewerCache } from './viewer-cache.ts';
import { upstreamIdentityOf, type Viewer } from './viewer.ts';

export interface LoadOptions {
  readonly viewers: ViewerCache;
  /** Null if this gateway shares nothing. */
  readonly shared: SharedAnswers | null;
  readonly liveTtlMs: number;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
}

/** After this many waits for other gateways the upstream's own timeout is over, and this gateway calls by itself. */
const MAX_WAITS = 10;
/** Longest time for which a failure is cached. A 404 may change soon: a run just started may not be visible yet. */
const MAX_PAUSE_MS = 1000;

const CALLED = { isProof: true, wasCalled: true } as const;
const NOT_CALLED = { isProof: true, wasCalled: false } as const;

/** All readers that join share one load, under the operation of the first. The entry is in use until the load ends. */
export async function load<Entry extends PartsEntry, T>(
  options: LoadOptions,
  source: Source<Entry, T>,
  entry: Entry,
  operation: ReadContext,
  signal: AbortSignal,
): Promise<Loaded<T>> {
  const { viewers, shared, liveTtlMs, now } = options;
  const { viewer, requestId, budget, operationRecord, skipsLive } = operation;
  const part = source.partOf(entry);
  const asked = { endpoint: source.endpoint, workflowId: entry.workflowId };
  const callOptions: CallOptions = {
    ...callerOf(viewers, viewer),
    refusals: budget,
    requestId,
    signal,
    operationRecord,
  };
  /** Snapshot that the operation must not get again. */
  const skipped = skipsLive ? part.snapshot : null;
  /** The right that a success proves. A drop of the viewer moves the entry to another right. */
  let { right } = entry;

  const isProven = (): boolean => viewers.isProven(entry.right);
  const isFresh = (snapshot: Snapshot<T>): boolean => now() < endOf(source, entry, snapshot);

  function snapshotOf(answered: Answered<T>): Snapshot<T> {
    const snapshot = new Snapshot(answered);
    if (part.snapshot) source.follow?.(part.snapshot, snapshot);
    return snapshot;
  }

  function keep(snapshot: Snapshot<T>): Snapshot<T> {
    if (!right.isDropped) viewers.put(entry, part, snapshot);
    viewers.allow(entry.right, asked);
    return snapshot;
  }

  /** A call sent later may have been answered first. Its answer stays. */
  function keepCalled(answered: Answered<T>, body: Called<T>['body']): Called<T> {
    const own = part.snapshot;
    if (own && own.sentAt > answered.sentAt) return { ...CALLED, cached: own, body: undefined };
    return { ...CALLED, cached: keep(snapshotOf(answered)), body };
  }

  async function call(): Promise<Called<T>> {
    const sentAt = now();
    try {
      const { value, sizeBytes, body } = await source.fetch(entry, callOptions);
      viewers.prove(right, sentAt);
      return keepCalled({ value, sentAt, fetchedAt: now(), sizeBytes }, body);
    } catch (error) {
      const { valueIfMissing: value } = source;
      if (!isNotFound(error) || value === undefined) throw error;
      // A 404 does not prove the right: an upstream may answer it before it checks the key.
      return { ...keepCalled({ value, sentAt, fetchedAt: now(), sizeBytes: 0 }, null), isProof: false };
    }
  }

  /**
   * Null if this version cannot read the bytes: a call is made then. Rejects with NOT_FOUND outside the viewer's scope.
   */
  async function readStored(stored: Buffer) {
    try {
      return await source.fetch(entry, { ...callOptions, stored });
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'UPSTREAM_CONTRACT_VIOLATION') return null;
      throw error;
    }
  }

  async function accept({ bytes, ...stored }: StoredAnswer): Promise<Snapshot<T> | null> {
    if (!isProven() || (skipped && stored.sentAt <= skipped.sentAt)) return null;
    const answer = bytes ? await readStored(bytes) : { value: source.valueIfMissing, sizeBytes: 0 };
    if (answer?.value === undefined) return null;
    const snapshot = snapshotOf({ ...stored, value: answer.value, sizeBytes: answer.sizeBytes });
    if (!isFresh(snapshot)) return null;
    // This gateway has a newer answer, which may not have been shared.
    const own = part.snapshot;
    return own && own.sentAt > stored.sentAt && isFresh(own) ? own : keep(snapshot);
  }

  /** Returns an answer that needs no call, or null. */
  async function find(state: SharedState): Promise<Loaded<T> | null> {
    const { withdrawal, successAt } = state;
    // This gateway has missed an announcement. A fleet that has lost its rights withdraws none.
    if (withdrawal !== null && right.withdrawal !== undefined && right.withdrawal !== withdrawal) {
      if (!right.isDropped) viewers.drop(viewer.id);
      // Answers read from now on are newer than the withdrawal, and prove the next right.
      ({ right } = entry);
    }
    right.withdrawal = withdrawal;
    if (successAt !== null) viewers.prove(right, Math.min(successAt, now()));
    const own = part.snapshot;
    if (own && own !== skipped && isProven() && isFresh(own)) return { ...NOT_CALLED, cached: own };
    const stored = await state.answer();
    const cached = stored && (await accept(stored));
    return cached && { ...NOT_CALLED, cached };
  }

  async function loadShared(tier: SharedAnswers): Promise<Loaded<T>> {
    const resource = { viewer, workflowId: entry.workflowId, key: source.nameOf(entry) };
    for (let waits = 0; waits <= MAX_WAITS; waits += 1) {
      const state = await tier.get(resource);
      const found = state && (await find(state));
      if (found) return found;
      const lease = state ? await tier.lease(resource, signal) : 'alone';
      if (lease === 'alone') break;
      if (lease !== 'again') return callOnce(lease);
    }
    return call();
  }

  /** One call of the whole fleet, as long as leases work. */
  async function callOnce(lease: Lease): Promise<Loaded<T>> {
    try {
      // The last holder may just have stored its answer.
      const found = await find(lease.state);
      if (found) lease.release('again');
      if (found) return found;
      const called = await call();
      share(lease, called).catch(() => {
        lease.release('alone');
      });
      return called;
    } catch (error) {
      // If no reader waits here any more, another gateway takes over the lease.
      lease.release(error instanceof AbandonedError ? 'again' : 'alone');
      throw error;
    }
  }

  /** Readers do not wait for it. */
  async function share(lease: Lease, called: Called<T>): Promise<void> {
    const related = source.related?.(entry).flight?.landing();
    const sharedMs = () => Math.max(source.sharedMs ?? 0, source.lifetimeMs(called.cached, entry));
    if (right.isDropped) {
      lease.release('alone');
      return;
    }
    const isFinal = sharedMs() === Infinity;
    await lease.put(called, sharedMs());
    if (isFinal || !related) return;
    await related;
    if (sharedMs() === Infinity) await lease.put(called, Infinity);
  }

  function afterFailure(error: unknown): void {
    const failureOf = (error: GatewayError) => ({ error, untilMs: now() + Math.min(MAX_PAUSE_MS, liveTtlMs) });
    if (isAccessDenied(error)) {
      // A fresh cached answer, perhaps from a list, counts as allowed: the denial is then new and drops it.
      if (part.snapshot && isFresh(part.snapshot)) viewers.allow(entry.right, asked);
      deny(options, viewer, error, asked);
      viewers.put(entry, part, null);
    } else if (isNotFound(error)) {
      viewers.put(entry, part, null, failureOf(error));
    } else if (isOutage(error) && part.snapshot) {
      viewers.put(entry, part, part.snapshot, failureOf(error));
    }
  }

  viewers.use(entry);
  try {
    const loading = shared ? loadShared(shared) : call();
    if (!viewers.isProven(right)) revalidate(right, asked, loading);
    return await loading;
  } catch (error) {
    afterFailure(error);
    throw error;
  } finally {
    viewers.leave(entry);
  }
}

export const callerOf = (viewers: ViewerCache, viewer: Viewer) => ({
  ...upstreamIdentityOf(viewer),
  isAccepted: () => viewers.isAccepted(viewer.id),
});

/** Drops all data of the viewer after a 401 or 403. A 403 of a resource already denied drops nothing. */
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

/** Registers the load that renews the right. One per workflow, so that a hanging workflow delays only its own reads. */
function revalidate(right: Right, { endpoint, workflowId }: Denied, loading: Promise<Loaded<unknown>>): void {
  const revalidations = (right.revalidations ??= new Map<string, Promise<Revalidation>>());
  const outcome: Promise<Revalidation> = loading
    .then(
      ({ isProof }) => (isProof ? null : new Error("the call does not prove the viewer's right")),
      (error: unknown) => error,
    )
    .then((error) => ({ endpoint, error }))
    .finally(() => {
      if (revalidations.get(workflowId) === outcome) revalidations.delete(workflowId);
    });
  revalidations.set(workflowId, outcome);
}
