/**
 * Answers from what is cached while that can be trusted, else by one call however many ask. What "trusted" means is
 * told in BEHAVIOUR's terms: final, live, stale if there is an error, missing, and renewed right of the viewer.
 */
import { LRUCache } from 'lru-cache';
import type { UpstreamAnswer, CallOptions } from '../upstream/client.ts';
import { isNotFound, isOutage, isAccessDenied, type GatewayError } from '../upstream/errors.ts';
import type { Operation } from './operation.ts';
import type { Cached, Partition, CachePartitions } from './cache-partitions.ts';
import { createSingleFlight } from './single-flight.ts';
import type { After } from './timer.ts';
import { upstreamIdentityOf, type Viewer } from './viewer.ts';

/** One thing that the upstream can be asked for. */
export interface Resource<T> {
  /** Unique among all resources of a viewer. */
  readonly key: string;
  fetch(call: CallOptions): Promise<UpstreamAnswer<T>>;
  /** For how long after `fetchedAt` it needs no other call: Infinity for what will never change. */
  lifetimeMs(cached: Cached<T>): number;
}

export interface Served<T> {
  readonly cached: Cached<T>;
  /** Why the last good answer is served in place of a new one; null when it is not. */
  readonly staleReason: string | null;
}

export interface ResourceCache {
  get<T>(resource: Resource<T>, operation: Operation): Promise<Served<T>>;
  /** What `get` would answer, if that needs no call and no waiting; null else. */
  getCached<T>(resource: Resource<T>, operation: Operation): Served<T> | null;
  /** What is cached at this moment, trusted or not. */
  peek<T>(viewer: Viewer, resource: Resource<T>): Cached<T> | undefined;
  /** Holds a resource that came inside another one, unless that is not cached any more or something newer is. */
  offer<T>(viewer: Viewer, resource: Resource<T>, part: Cached<T>, whole: Resource<unknown>): void;
  /** Takes away all that is cached for a viewer. */
  forget(viewer: Viewer): void;
  /** Until when what is cached for a viewer may be served without a call, in ms since 1970; 0 if not at all. */
  rightUntil(viewer: Viewer): number;
  /** The same, for what stands on the viewer's partition. */
  rightToPartition(partition: Partition): number;
}

export interface ResourceCacheOptions {
  /** Where it holds what it fetched; it may be shared with what was made from that. */
  readonly partitions: CachePartitions<unknown>;
  readonly liveTtlMs: number;
  readonly staleIfErrorMs: number;
  readonly reauthIntervalMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after?: After;
}

/** After a 404 or an outage the upstream is left alone this long at most: a run just started may not be visible yet. */
const MAX_PAUSE_MS = 1000;
const MAX_RECENT_FAILURES = 10_000;

interface Failure {
  readonly error: GatewayError;
  /** Until then the upstream is not asked again. */
  readonly until: number;
}

export function createResourceCache(options: ResourceCacheOptions): ResourceCache {
  const { partitions, now, liveTtlMs, staleIfErrorMs, reauthIntervalMs } = options;
  const pauseMs = Math.min(MAX_PAUSE_MS, liveTtlMs);
  const flights = createSingleFlight<Cached<unknown>>(options.after);
  /** By viewer: the call that renews the right to all that is cached; answers its error, or null. */
  const revalidations = new Map<string, Promise<unknown>>();
  const failures = new LRUCache<string, Failure>({ max: MAX_RECENT_FAILURES });

  async function get<T>(resource: Resource<T>, operation: Operation): Promise<Served<T>> {
    const served = await read(resource, operation);
    const { cached, staleReason } = served;
    if (staleReason !== null && operation.operationRecord) operation.operationRecord.hasStale = true;
    operation.lifetime.limit(staleReason === null ? cached.fetchedAt + resource.lifetimeMs(cached) : 0);
    return served;
  }

  function getCached<T>(resource: Resource<T>, { viewer, lifetime, operationRecord }: Operation): Served<T> | null {
    const cached = peek(viewer, resource);
    if (!cached || !hasFreshRight(viewer)) return null;
    const trustedUntil = cached.fetchedAt + resource.lifetimeMs(cached);
    if (now() >= trustedUntil) return null;
    lifetime.limit(trustedUntil);
    if (operationRecord) operationRecord.hasCached = true;
    return { cached, staleReason: null };
  }

  async function read<T>(resource: Resource<T>, operation: Operation): Promise<Served<T>> {
    const { viewer } = operation;
    let cached = peek(viewer, resource);
    let isRightKnown = hasFreshRight(viewer);
    const revalidation = cached && !isRightKnown ? revalidations.get(viewer.id) : undefined;
    if (revalidation) {
      const error = await revalidation;
      if (isAccessDenied(error) || isOutage(error)) return staleIfError(resource, viewer, error);
      cached = peek(viewer, resource);
      isRightKnown = error === null;
    }
    if (cached && isRightKnown && now() - cached.fetchedAt < resource.lifetimeMs(cached)) {
      if (operation.operationRecord) operation.operationRecord.hasCached = true;
      return { cached, staleReason: null };
    }

    const failure = failures.get(failureKey(viewer, resource));
    if (failure && now() < failure.until) return staleIfError(resource, viewer, failure.error);
    try {
      return { cached: await call(resource, operation), staleReason: null };
    } catch (error) {
      return staleIfError(resource, viewer, error);
    }
  }

  /** A resource's key tells its type, so what is cached under it is a T. */
  const peek = <T>(viewer: Viewer, resource: Resource<T>) =>
    partitions.get(viewer.id, resource.key) as Cached<T> | undefined;

  function call<T>(resource: Resource<T>, operation: Operation): Promise<Cached<T>> {
    const { viewer, budget, requestId, signal, operationRecord } = operation;
    if (operationRecord) operationRecord.hasFetched = true;
    const flightKey = `${viewer.id} ${resource.key}`;
    // Whoever starts the call pays for it; to join one costs nothing.
    if (!flights.isUnderWay(flightKey)) budget.take();
    return flights.join(flightKey, signal(), (signal) => {
      const flight = fetchAndCache(resource, viewer, {
        ...upstreamIdentityOf(viewer),
        requestId,
        signal,
        operationRecord,
      });
      if (!hasFreshRight(viewer)) announceRevalidation(viewer, flight);
      return flight;
    }) as Promise<Cached<T>>;
  }

  async function fetchAndCache<T>(resource: Resource<T>, viewer: Viewer, call: CallOptions): Promise<Cached<T>> {
    const partition = partitions.of(viewer.id);
    const sentAt = now();
    try {
      const { value, sizeBytes } = await resource.fetch(call);
      const cached = { value, sentAt, fetchedAt: now(), sizeBytes };
      partitions.proveRight(partition, sentAt);
      partitions.put(viewer.id, partition, resource.key, cached);
      failures.delete(failureKey(viewer, resource));
      return cached;
    } catch (error) {
      noteFailure(resource, viewer, error);
      throw error;
    }
  }

  function noteFailure<T>(resource: Resource<T>, viewer: Viewer, error: unknown): void {
    if (isAccessDenied(error)) {
      partitions.drop(viewer.id);
    } else if (isNotFound(error)) {
      partitions.remove(viewer.id, resource.key);
      failures.set(failureKey(viewer, resource), { error, until: now() + pauseMs });
    } else if (isOutage(error) && peek(viewer, resource)) {
      failures.set(failureKey(viewer, resource), { error, until: now() + pauseMs });
    }
  }

  /** The last good answer, if the error is an outage and the answer not too old; else the error itself. */
  function staleIfError<T>(resource: Resource<T>, viewer: Viewer, error: unknown): Served<T> {
    const cached = peek(viewer, resource);
    if (!cached || !isOutage(error) || now() > staleSince(cached, resource, viewer) + staleIfErrorMs) throw error;
    return { cached, staleReason: `${error.code}: ${error.message}` };
  }

  /** Since when it has needed a call: since its lifetime ended, or since the viewer's right to it had to be renewed. */
  function staleSince<T>(cached: Cached<T>, resource: Resource<T>, viewer: Viewer): number {
    const rightUntil = (partitions.of(viewer.id).lastSuccessAt ?? cached.sentAt) + reauthIntervalMs;
    return Math.min(cached.fetchedAt + resource.lifetimeMs(cached), rightUntil);
  }

  const rightUntil = (viewer: Viewer): number => rightToPartition(partitions.of(viewer.id));
  const rightToPartition = ({ lastSuccessAt }: Partition): number =>
    lastSuccessAt === null ? 0 : lastSuccessAt + reauthIntervalMs;

  const hasFreshRight = (viewer: Viewer): boolean => now() < rightUntil(viewer);

  /** While the viewer's right is in doubt, whoever finds something cached waits for this call instead of making one. */
  function announceRevalidation(viewer: Viewer, flight: Promise<unknown>): void {
    const outcome: Promise<unknown> = flight
      .then(
        () => null,
        (error: unknown) => error,
      )
      .finally(() => {
        if (revalidations.get(viewer.id) === outcome) revalidations.delete(viewer.id);
      });
    revalidations.set(viewer.id, outcome);
  }

  return {
    get,
    getCached,
    peek,
    offer(viewer, resource, part, whole) {
      const isCurrent = peek(viewer, whole)?.sentAt === part.sentAt;
      const cached = peek(viewer, resource);
      if (!isCurrent || (cached && cached.sentAt >= part.sentAt)) return;
      partitions.put(viewer.id, partitions.of(viewer.id), resource.key, part);
      failures.delete(failureKey(viewer, resource));
    },
    forget: (viewer) => {
      partitions.drop(viewer.id);
    },
    rightUntil,
    rightToPartition,
  };
}

const failureKey = (viewer: Viewer, resource: { readonly key: string }): string => `${viewer.id} ${resource.key}`;
