/**
 * A read-through cache of the upstream's answers. A cached answer is served while it is fresh and the viewer's right to it
 * is proven; otherwise one call is made for all who ask (single flight). In an outage the last good answer is served
 * (stale-if-error).
 */
import type { CallOptions } from '../upstream/client.ts';
import { GatewayError, isAccessDenied, isForbidden, isNotFound, isOutage } from '../upstream/errors.ts';
import type { Cached, CachePartitions, Partition, Placed } from './cache-partitions.ts';
import { createDenials, type Denied } from './denials.ts';
import type { Called, Loaded, SharedState, SharedTier, StoredAnswer } from './ports.ts';
import type { ReadContext } from './read-context.ts';
import { createRecentFailures } from './recent-failures.ts';
import type { Resource, ResourceCache, Served } from './resource.ts';
import { createRevalidations } from './revalidations.ts';
import { createSingleFlight } from './single-flight.ts';
import type { After } from './timer.ts';
import { upstreamIdentityOf, type Viewer } from './viewer.ts';

export type { Resource, ResourceCache, Served } from './resource.ts';

export interface ResourceCacheOptions {
  /** The storage; what is derived from these answers may be stored there, too. */
  readonly partitions: CachePartitions<unknown>;
  readonly liveTtlMs: number;
  readonly staleIfErrorMs: number;
  readonly reauthIntervalMs: number;
  /** True where the gateway itself verifies credentials: then each viewer is accepted. */
  readonly isVerified?: boolean;
  /** Absent: this gateway shares nothing. */
  readonly shared?: SharedTier | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after?: After;
}

/** A 404 is believed no longer than this: a run that was just started may not be visible yet. */
const MAX_PAUSE_MS = 1000;
/** Calls, one after another, that are waited for to renew a right. */
const MAX_WAITS = 3;

export function createResourceCache(options: ResourceCacheOptions): ResourceCache {
  const { partitions, now, liveTtlMs, staleIfErrorMs, reauthIntervalMs, isVerified = false, shared = null } = options;
  const flights = createSingleFlight<Loaded<unknown>>(options.after);
  const revalidations = createRevalidations();
  const denials = createDenials();
  const failures = createRecentFailures(Math.min(MAX_PAUSE_MS, liveTtlMs), now);

  const keyOf = ({ id }: Viewer, { key }: Pick<Resource<unknown>, 'key'>) => partitions.placeOf(id, key);

  /** A resource's key implies its type, so what is cached under it is a T. */
  const find = <T>(viewer: Viewer, resource: Resource<T>) =>
    partitions.find(keyOf(viewer, resource)) as Placed<T> | undefined;
  const peek = <T>(viewer: Viewer, resource: Resource<T>) => find(viewer, resource)?.cached;

  const isFresh = <T>(resource: Resource<T>, cached: Cached<T>): boolean =>
    now() < cached.fetchedAt + resource.lifetimeMs(cached);

  const rightAfter = (successAt: number | null): number => (successAt === null ? 0 : successAt + reauthIntervalMs);
  const rightToPartition = ({ lastSuccessAt }: Partition): number => rightAfter(lastSuccessAt);
  const rightUntil = ({ id }: Viewer): number => rightAfter(partitions.lastSuccessAt(id));
  const isAccepted = (viewerId: string): boolean => isVerified || partitions.lastSuccessAt(viewerId) !== null;
  const hasProvenRight = (viewer: Viewer): boolean => now() < rightUntil(viewer);

  function getCached<T>(resource: Resource<T>, operation: ReadContext): Served<T> | null {
    const { viewer, lifetime, operationRecord, skipsLive } = operation;
    const found = find(viewer, resource);
    if (!found || now() >= rightToPartition(found.partition)) return null;
    const { cached } = found;
    const freshUntil = cached.fetchedAt + resource.lifetimeMs(cached);
    if (now() >= freshUntil || (skipsLive && freshUntil !== Infinity)) return null;
    lifetime.limit(freshUntil);
    if (operationRecord) operationRecord.hasCached = true;
    return { cached, staleReason: null };
  }

  async function get<T>(resource: Resource<T>, operation: ReadContext): Promise<Served<T>> {
    const served = await read(resource, operation);
    const { cached, staleReason } = served;
    if (staleReason !== null && operation.operationRecord) operation.operationRecord.hasStale = true;
    operation.lifetime.limit(staleReason === null ? cached.fetchedAt + resource.lifetimeMs(cached) : 0);
    return served;
  }

  async function read<T>(resource: Resource<T>, operation: ReadContext): Promise<Served<T>> {
    const { viewer, operationRecord, skipsLive } = operation;
    let cached = peek(viewer, resource);
    let isProven = hasProvenRight(viewer);
    // One that proves nothing (a 404, a client that has left) is followed by another, of whoever has waited for it first.
    for (let waits = 0; cached && !isProven && waits < MAX_WAITS; waits += 1) {
      const revalidation = revalidations.of(viewer, resource);
      if (!revalidation) break;
      const error = await revalidation;
      if (isAccessDenied(error) || isOutage(error)) return staleIfError(resource, viewer, error);
      cached = peek(viewer, resource);
      isProven = error === null;
    }
    const isSkipped = skipsLive && cached && resource.lifetimeMs(cached) !== Infinity;
    if (cached && isProven && isFresh(resource, cached) && !isSkipped) {
      if (operationRecord) operationRecord.hasCached = true;
      return { cached, staleReason: null };
    }

    const failure = failures.get(keyOf(viewer, resource));
    if (failure && !skipsLive) return staleIfError(resource, viewer, failure);
    try {
      return { cached: await fetchOnce(resource, operation), staleReason: null };
    } catch (error) {
      return staleIfError(resource, viewer, error);
    }
  }

  async function fetchOnce<T>(resource: Resource<T>, operation: ReadContext): Promise<Cached<T>> {
    const { viewer, budget, signal, operationRecord } = operation;
    const key = keyOf(viewer, resource);
    // Only the operation that starts the call pays for it.
    if (!flights.isUnderWay(key)) budget.take(isAccepted(viewer.id));
    const load = (signal: AbortSignal) => fetchAndCache(resource, operation, signal);
    let wasCalled = true;
    try {
      const loaded = (await flights.join(key, signal(), load)) as Loaded<T>;
      wasCalled = loaded.wasCalled;
      return loaded.cached;
    } finally {
      if (operationRecord && wasCalled) operationRecord.hasFetched = true;
      else if (operationRecord) operationRecord.hasCached = true;
    }
  }

  async function fetchAndCache<T>(
    resource: Resource<T>,
    { viewer, requestId, budget, operationRecord, skipsLive, skipsShared }: ReadContext,
    signal: AbortSignal,
  ): Promise<Loaded<T>> {
    const call: CallOptions = { ...identityOf(viewer), refusals: budget, requestId, signal, operationRecord };
    const skipped = skipsLive ? peek(viewer, resource) : undefined;
    let partition = partitions.lease(viewer.id);

    function keep(cached: Cached<T>): Cached<T> {
      partitions.put(viewer.id, partition, resource.key, cached);
      failures.delete(keyOf(viewer, resource));
      denials.delete(viewer, resource);
      return cached;
    }

    /** Of a call of this gateway. Another one, sent later, may have been answered before: then its answer stays. */
    function keepCalled(value: T, sentAt: number, sizeBytes: number, body: Called<T>['body']): Called<T> {
      const own = peek(viewer, resource);
      if (own && own.sentAt > sentAt) return { ...called, cached: own, body: undefined };
      return { ...called, cached: keep({ value, sentAt, fetchedAt: now(), sizeBytes }), body };
    }

    async function callUpstream(): Promise<Called<T>> {
      const sentAt = now();
      try {
        const { value, sizeBytes, body } = await resource.fetch(call);
        partitions.proveRight(partition, sentAt);
        return keepCalled(value, sentAt, sizeBytes, body);
      } catch (error) {
        if (!isNotFound(error) || resource.valueIfMissing === undefined) throw error;
        // A 404 does not prove the right: an upstream may answer it before it checks the key.
        return { ...keepCalled(resource.valueIfMissing, sentAt, 0, null), isProof: false };
      }
    }

    async function accept({
      bytes,
      sentAt,
      fetchedAt,
      uncertaintyMs,
      isFinal,
    }: StoredAnswer): Promise<Cached<T> | null> {
      // Of a Valkey whose clock was ahead: it would be fresh for too long.
      if (Math.max(sentAt, fetchedAt) > now() + uncertaintyMs) return null;
      if (skipsShared && skipped && sentAt <= skipped.sentAt + (skipped.uncertaintyMs ?? 0)) return null;
      const answer =
        bytes === null ? { value: resource.valueIfMissing, sizeBytes: 0 } : await readStored(resource, call, bytes);
      if (answer?.value === undefined) return null;
      const { value, sizeBytes } = answer;
      const cached = { value, sizeBytes, sentAt, fetchedAt, uncertaintyMs, ...(isFinal && { isFinal }) };
      if (!isFresh(resource, cached)) return null;
      // What this gateway has fetched later than that it could perhaps not share.
      const own = peek(viewer, resource);
      return own && own.sentAt > sentAt + uncertaintyMs && isFresh(resource, own) ? own : keep(cached);
    }

    async function find(state: SharedState): Promise<Loaded<T> | null> {
      const { firstSuccessAt } = partition;
      if (firstSuccessAt !== null && state.isWithdrawnSince(firstSuccessAt)) {
        partitions.drop(viewer.id);
        partition = partitions.lease(viewer.id);
      }
      if (state.successAt !== null) partitions.proveRight(partition, Math.min(state.successAt, now()));
      const own = peek(viewer, resource);
      if (own && own !== skipped && hasProvenRight(viewer) && isFresh(resource, own))
        return { ...NOT_CALLED, cached: own };
      const stored = await state.answer();
      const cached = stored && hasProvenRight(viewer) ? await accept(stored) : null;
      return cached && { ...NOT_CALLED, cached };
    }

    const loadShared = (tier: SharedTier): Promise<Loaded<T>> =>
      tier.load({
        viewer,
        key: resource.key,
        signal: call.signal,
        find,
        call: callUpstream,
        sharedMs: (cached) => Math.max(resource.sharedMs ?? 0, resource.lifetimeMs(cached)),
        related: () =>
          resource.related === undefined ? null : flights.landing(keyOf(viewer, { key: resource.related })),
      });

    try {
      const loading = shared ? loadShared(shared) : callUpstream();
      if (!hasProvenRight(viewer)) revalidations.start(viewer, resource, loading.then(provenBy));
      return await loading;
    } catch (error) {
      afterFailure(resource, viewer, error);
      throw error;
    } finally {
      partitions.release(partition);
    }
  }

  function afterFailure<T>(resource: Resource<T>, viewer: Viewer, error: unknown): void {
    if (isAccessDenied(error)) {
      const cached = peek(viewer, resource);
      // It may have come inside a list. What would be served again without a call makes the denial news.
      if (cached && isFresh(resource, cached)) denials.delete(viewer, resource);
      deny(viewer, error, resource);
      partitions.remove(viewer.id, resource.key);
    } else if (isNotFound(error)) {
      partitions.remove(viewer.id, resource.key);
      // Nothing is remembered for a viewer of whom no call has succeeded.
      if (partitions.lastSuccessAt(viewer.id) !== null) failures.add(keyOf(viewer, resource), error);
    } else if (isOutage(error) && peek(viewer, resource)) {
      failures.add(keyOf(viewer, resource), error);
    }
  }

  function deny(viewer: Viewer, error: unknown, denied: Denied): void {
    if (isForbidden(error) && !denials.add(viewer, denied)) return;
    const hadRight = partitions.lastSuccessAt(viewer.id) !== null;
    partitions.drop(viewer.id);
    shared?.withdraw(viewer, hadRight);
  }

  const identityOf = (viewer: Viewer) => ({ ...upstreamIdentityOf(viewer), isAccepted: () => isAccepted(viewer.id) });

  /** The last good answer, if the error is an outage and the answer not too old; else throws the error. */
  function staleIfError<T>(resource: Resource<T>, viewer: Viewer, error: unknown): Served<T> {
    const cached = peek(viewer, resource);
    if (!cached || !isOutage(error) || now() > staleSince(cached, resource, viewer) + staleIfErrorMs) throw error;
    return { cached, staleReason: `${error.code}: ${error.message}` };
  }

  /** When a call became necessary: when its lifetime ended, or the proof of the viewer's right. */
  const staleSince = <T>(cached: Cached<T>, resource: Resource<T>, viewer: Viewer): number =>
    Math.min(cached.fetchedAt + resource.lifetimeMs(cached), rightUntil(viewer));

  return {
    get,
    getCached,
    peek,
    peekFresh(viewer, resource) {
      const cached = peek(viewer, resource);
      if (!cached || !isFresh(resource, cached)) return null;
      return { cached, untilMs: cached.fetchedAt + resource.lifetimeMs(cached) };
    },
    offer(viewer, resource, part, whole) {
      const isCurrent = peek(viewer, whole)?.sentAt === part.sentAt;
      const cached = peek(viewer, resource);
      if (!isCurrent || (cached && cached.sentAt >= part.sentAt)) return;
      partitions.put(viewer.id, partitions.of(viewer.id), resource.key, part);
      failures.delete(keyOf(viewer, resource));
    },
    deny,
    allow: denials.delete,
    async prove(viewer, call) {
      const partition = partitions.lease(viewer.id);
      const sentAt = now();
      try {
        const answer = await call();
        partitions.proveRight(partition, sentAt);
        return answer;
      } finally {
        partitions.release(partition);
      }
    },
    identityOf,
    isAccepted,
    hasProvenRight,
    rightUntil,
    rightToPartition,
  };
}

const called = { isProof: true, wasCalled: true } as const;
const NOT_CALLED = { isProof: true, wasCalled: false } as const;

/** Rejects if the call has not proven the viewer's right. */
function provenBy({ isProof }: Loaded<unknown>): void {
  if (!isProof) throw new Error('the call has not proven the right of its viewer');
}

/** Null for what this version can't read: then a call is made. Rejects with NOT_FOUND for what is out of the viewer's scope. */
async function readStored<T>(resource: Resource<T>, call: CallOptions, stored: Buffer) {
  try {
    return await resource.fetch({ ...call, stored });
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'UPSTREAM_CONTRACT_VIOLATION') return null;
    throw error;
  }
}
