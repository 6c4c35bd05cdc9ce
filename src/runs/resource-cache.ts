/**
 * A read-through cache of the upstream's answers. A cached answer is served while it is fresh and the viewer's right to it
 * is proven; otherwise one call is made for all who ask (single flight). In an outage the last good answer is served
 * (stale-if-error).
 */
import type { CallOptions } from '../upstream/client.ts';
import { isAccessDenied, isNotFound, isOutage } from '../upstream/errors.ts';
import type { Cached, CachePartitions, Partition, Placed } from './cache-partitions.ts';
import type { Operation } from './operation.ts';
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
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after?: After;
}

/** A 404 is believed no longer than this: a run that was just started may not be visible yet. */
const MAX_PAUSE_MS = 1000;

export function createResourceCache(options: ResourceCacheOptions): ResourceCache {
  const { partitions, now, liveTtlMs, staleIfErrorMs, reauthIntervalMs } = options;
  const flights = createSingleFlight<Cached<unknown>>(options.after);
  const revalidations = createRevalidations();
  const failures = createRecentFailures(Math.min(MAX_PAUSE_MS, liveTtlMs), now);

  const keyOf = ({ id }: Viewer, { key }: Pick<Resource<unknown>, 'key'>) => partitions.placeOf(id, key);

  /** A resource's key implies its type, so what is cached under it is a T. */
  const find = <T>(viewer: Viewer, resource: Resource<T>) =>
    partitions.find(keyOf(viewer, resource)) as Placed<T> | undefined;
  const peek = <T>(viewer: Viewer, resource: Resource<T>) => find(viewer, resource)?.cached;

  const rightAfter = (successAt: number | null): number => (successAt === null ? 0 : successAt + reauthIntervalMs);
  const rightToPartition = ({ lastSuccessAt }: Partition): number => rightAfter(lastSuccessAt);
  const rightUntil = ({ id }: Viewer): number => rightAfter(partitions.lastSuccessAt(id));
  const hasProvenRight = (viewer: Viewer): boolean => now() < rightUntil(viewer);

  function getCached<T>(resource: Resource<T>, { viewer, lifetime, operationRecord }: Operation): Served<T> | null {
    const found = find(viewer, resource);
    if (!found || now() >= rightToPartition(found.partition)) return null;
    const { cached } = found;
    const freshUntil = cached.fetchedAt + resource.lifetimeMs(cached);
    if (now() >= freshUntil) return null;
    lifetime.limit(freshUntil);
    if (operationRecord) operationRecord.hasCached = true;
    return { cached, staleReason: null };
  }

  async function get<T>(resource: Resource<T>, operation: Operation): Promise<Served<T>> {
    const served = await read(resource, operation);
    const { cached, staleReason } = served;
    if (staleReason !== null && operation.operationRecord) operation.operationRecord.hasStale = true;
    operation.lifetime.limit(staleReason === null ? cached.fetchedAt + resource.lifetimeMs(cached) : 0);
    return served;
  }

  async function read<T>(resource: Resource<T>, operation: Operation): Promise<Served<T>> {
    const { viewer, operationRecord } = operation;
    let cached = peek(viewer, resource);
    let isProven = hasProvenRight(viewer);
    const revalidation = cached && !isProven ? revalidations.of(viewer) : undefined;
    if (revalidation) {
      const error = await revalidation;
      if (isAccessDenied(error) || isOutage(error)) return staleIfError(resource, viewer, error);
      cached = peek(viewer, resource);
      isProven = error === null;
    }
    if (cached && isProven && now() < cached.fetchedAt + resource.lifetimeMs(cached)) {
      if (operationRecord) operationRecord.hasCached = true;
      return { cached, staleReason: null };
    }

    const failure = failures.get(keyOf(viewer, resource));
    if (failure) return staleIfError(resource, viewer, failure);
    try {
      return { cached: await fetchOnce(resource, operation), staleReason: null };
    } catch (error) {
      return staleIfError(resource, viewer, error);
    }
  }

  function fetchOnce<T>(resource: Resource<T>, operation: Operation): Promise<Cached<T>> {
    const { viewer, budget, requestId, signal, operationRecord } = operation;
    if (operationRecord) operationRecord.hasFetched = true;
    const key = keyOf(viewer, resource);
    // Only the operation that starts the call pays for it.
    if (!flights.isUnderWay(key)) budget.take();
    return flights.join(key, signal(), (signal) =>
      fetchAndCache(resource, viewer, { ...upstreamIdentityOf(viewer), requestId, signal, operationRecord }),
    ) as Promise<Cached<T>>;
  }

  async function fetchAndCache<T>(resource: Resource<T>, viewer: Viewer, call: CallOptions): Promise<Cached<T>> {
    const partition = partitions.lease(viewer.id);
    const sentAt = now();
    const fetch = async () => {
      const { value, sizeBytes } = await resource.fetch(call);
      partitions.proveRight(partition, sentAt);
      return cache(value, sizeBytes);
    };
    const cache = (value: T, sizeBytes: number): Cached<T> => {
      const cached = { value, sentAt, fetchedAt: now(), sizeBytes };
      partitions.put(viewer.id, partition, resource.key, cached);
      failures.delete(keyOf(viewer, resource));
      return cached;
    };

    try {
      const fetching = fetch();
      if (!hasProvenRight(viewer)) revalidations.start(viewer, fetching);
      return await fetching;
    } catch (error) {
      // A 404 does not prove the right: an upstream may answer it before it checks the key.
      if (isNotFound(error) && resource.valueIfMissing !== undefined) return cache(resource.valueIfMissing, 0);
      afterFailure(resource, viewer, error);
      throw error;
    } finally {
      partitions.release(partition);
    }
  }

  function afterFailure<T>(resource: Resource<T>, viewer: Viewer, error: unknown): void {
    if (isAccessDenied(error)) {
      partitions.drop(viewer.id);
    } else if (isNotFound(error)) {
      partitions.remove(viewer.id, resource.key);
      // Nothing is remembered for a viewer of whom no call has succeeded.
      if (partitions.lastSuccessAt(viewer.id) !== null) failures.add(keyOf(viewer, resource), error);
    } else if (isOutage(error) && peek(viewer, resource)) {
      failures.add(keyOf(viewer, resource), error);
    }
  }

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
    offer(viewer, resource, part, whole) {
      const isCurrent = peek(viewer, whole)?.sentAt === part.sentAt;
      const cached = peek(viewer, resource);
      if (!isCurrent || (cached && cached.sentAt >= part.sentAt)) return;
      partitions.put(viewer.id, partitions.of(viewer.id), resource.key, part);
      failures.delete(keyOf(viewer, resource));
    },
    forget({ id }) {
      partitions.drop(id);
    },
    hasProvenRight,
    rightUntil,
    rightToPartition,
  };
}
