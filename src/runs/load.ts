/** One load of a cache part: by an upstream call of this gateway, or by an answer that another gateway shared. */
import type { CallOptions } from '../upstream/client.ts';
import { AbandonedError, GatewayError, isAccessDenied, isForbidden, isNotFound, isOutage } from '../upstream/errors.ts';
import type { Failure, PartsEntry, Revalidation, Right } from './entry.ts';
import type { ReadContext } from './read-context.ts';
import type { Called, Lease, Loaded, SharedAnswers, SharedState, StoredAnswer } from './ports.ts';
import { Snapshot, type Answered } from './snapshot.ts';
import { callName, endOf, type Wanted } from './source.ts';
import type { Asked } from './rights.ts';
import type { Flight } from './single-flight.ts';
import type { ViewerCache } from './viewer-cache.ts';
import type { Viewer } from '../auth/viewer.ts';

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

export interface LoadRequest<Entry extends PartsEntry, T> extends Wanted<Entry, T> {
  readonly operation: ReadContext;
  /** Fires when no reader waits any more. */
  readonly signal: AbortSignal;
  readonly flight: Flight<Loaded<T>>;
}

/** All readers that join share one load, under the operation of the first. */
export async function load<Entry extends PartsEntry, T>(
  options: LoadOptions,
  { source, subject, operation, signal, flight }: LoadRequest<Entry, T>,
): Promise<Loaded<T>> {
  const { viewers, shared, liveTtlMs, now } = options;
  const { viewer, skipsLive } = operation;
  const { workflowId } = subject;
  const asked = { endpoint: source.endpoint, workflowId };
  const callOptions = callOf(operation, flight.requesters, signal);
  /** The right that a success proves. */
  let right = viewers.rightOf(viewer.id);
  /** State of the fleet when it was asked last. */
  let state: SharedState | null = null;

  /** The entry may be evicted or dropped at any time, so it is looked up each time. */
  const entryOf = (): Entry => viewers.entryOf(right, subject);
  const isFresh = (snapshot: Snapshot<T>): boolean => now() < endOf(source, entryOf(), snapshot);
  const known = (): Snapshot<T> | null => source.partOf(entryOf()).snapshot;
  /** Snapshot that the operation must not get again. */
  const skipped = skipsLive ? known() : null;

  function put(snapshot: Snapshot<T> | null, failure: Failure | null = null): void {
    if (!flight.isCacheable) return;
    const entry = entryOf();
    viewers.put(entry, source.partOf(entry), snapshot, failure);
    remember();
  }

  /** Later withdrawals differ from these. */
  function remember(): void {
    if (!state) return;
    right.withdrawal = state.withdrawal;
    const entries = right.entries.get(workflowId);
    if (entries) entries.withdrawal = state.workflowWithdrawal;
  }

  function keep(answered: Answered<T>): Snapshot<T> {
    const before = known();
    const snapshot = new Snapshot(answered);
    if (before) source.follow?.(before, snapshot);
    put(snapshot);
    viewers.allow(right, asked);
    return snapshot;
  }

  /** A call sent later may have been answered first. Its answer stays. */
  function keepCalled(answered: Answered<T>, body: Called<T>['body']): Called<T> {
    const own = known();
    if (own && own.sentAt > answered.sentAt) return { ...CALLED, cached: own, body: undefined };
    return { ...CALLED, cached: keep(answered), body };
  }

  async function call(): Promise<Called<T>> {
    const sentAt = now();
    try {
      const { value, sizeBytes, body } = await source.fetch(entryOf(), callOptions);
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
      return await source.fetch(entryOf(), { ...callOptions, stored });
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'UPSTREAM_CONTRACT_VIOLATION') return null;
      throw error;
    }
  }

  async function accept({ bytes, ...stored }: StoredAnswer): Promise<Snapshot<T> | null> {
    if (!viewers.mayServe(right) || (skipped && stored.sentAt <= skipped.sentAt)) return null;
    const answer = bytes ? await readStored(bytes) : { value: source.valueIfMissing, sizeBytes: 0 };
    if (answer?.value === undefined) return null;
    const answered = { ...stored, value: answer.value, sizeBytes: answer.sizeBytes };
    if (!isFresh(new Snapshot(answered))) return null;
    // This gateway has a newer answer, which may not have been shared.
    const own = known();
    return own && own.sentAt > stored.sentAt && isFresh(own) ? own : keep(answered);
  }

  /** Returns an answer that needs no call, or null. */
  async function find(found: SharedState): Promise<Loaded<T> | null> {
    state = found;
    dropWithdrawn(found);
    remember();
    if (found.successAt !== null) viewers.prove(right, Math.min(found.successAt, now()));
    const own = known();
    if (own && own !== skipped && viewers.mayServe(right) && isFresh(own)) return { ...NOT_CALLED, cached: own };
    const stored = await found.answer();
    const cached = stored && (await accept(stored));
    return cached && { ...NOT_CALLED, cached };
  }

  /** This gateway may have missed an announcement. A fleet that has lost its rights withdraws none. */
  function dropWithdrawn({ withdrawal, workflowWithdrawal }: SharedState): void {
    if (isNews(right.withdrawal, withdrawal)) viewers.drop(viewer.id);
    else if (isNews(right.entries.get(workflowId)?.withdrawal, workflowWithdrawal)) {
      viewers.dropWorkflow(viewer.id, workflowId);
    } else return;
    // Answers read from now on are newer than the withdrawal.
    right = viewers.rightOf(viewer.id);
    flight.isCacheable = true;
  }

  async function loadShared(tier: SharedAnswers): Promise<Loaded<T>> {
    const resource = { viewer, workflowId, key: callName(source.endpoint, entryOf()) };
    for (let waits = 0; waits <= MAX_WAITS; waits += 1) {
      const shared = await tier.get(resource);
      const found = shared && (await find(shared));
      if (found) return found;
      const lease = shared ? await tier.lease(resource, signal) : 'alone';
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
    const related = source.related && right.calls.flights.get(callName(source.related, entryOf()))?.landing();
    const sharedMs = () => Math.max(source.sharedMs ?? 0, source.lifetimeMs(called.cached, entryOf()));
    if (!flight.isCacheable) {
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
    const own = known();
    if (isAccessDenied(error)) {
      // A fresh cached answer, perhaps from a list, counts as allowed: the denial is then new and drops it.
      if (own && isFresh(own)) viewers.allow(right, asked);
      deny(options, viewer, error, asked);
      put(null);
    } else if (isNotFound(error)) {
      put(null, failureOf(error));
    } else if (isOutage(error) && own) {
      put(own, failureOf(error));
    }
  }

  try {
    const loading = shared ? loadShared(shared) : call();
    if (!viewers.mayServe(right)) revalidate(right, asked, loading);
    return await loading;
  } catch (error) {
    afterFailure(error);
    throw error;
  }
}

const isNews = (known: string | null | undefined, withdrawal: string | null): boolean =>
  withdrawal !== null && known !== undefined && known !== withdrawal;

/** Describes a call of this operation to the upstream. */
export const callOf = (
  { viewer: { id: viewerId, credential, scope, redaction }, requestId, budget, reader, operationRecord }: ReadContext,
  requesters: CallOptions['requesters'],
  signal: AbortSignal,
): CallOptions => ({
  ...{ viewerId, credential, scope, redaction, requesters, requestId, signal, reader, operationRecord },
  refusals: budget,
});

/** A 401 drops the viewer. A 403 drops the workflow, until the endpoint succeeds again only once. */
export function deny(
  { viewers, shared }: Pick<LoadOptions, 'viewers' | 'shared'>,
  viewer: Viewer,
  error: unknown,
  asked: Asked,
): void {
  const hadRight = viewers.rightOf(viewer.id).lastSuccessAt !== null;
  if (!isForbidden(error)) {
    viewers.drop(viewer.id);
    shared?.withdraw(viewer, null, hadRight);
  } else if (asked.endpoint !== 'execute' && viewers.refuse(viewer.id, asked)) {
    shared?.withdraw(viewer, asked.workflowId, hadRight);
  }
}

/** Registers the load that renews the right. One per workflow, so that a hanging workflow delays only its own reads. */
function revalidate(right: Right, { endpoint, workflowId }: Asked, loading: Promise<Loaded<unknown>>): void {
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
