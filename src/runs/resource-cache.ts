/**
 * Answers from what is held while that can be trusted, else by one call however many ask. What "trusted" means is
 * told in BEHAVIOUR's terms: final, live, stale if there is an error, missing, and renewed right of the viewer.
 */
import { LRUCache } from 'lru-cache';
import type { Answer, CallOptions } from '../upstream/client.ts';
import { isNotFound, isOutage, isRefusal, type GatewayError } from '../upstream/errors.ts';
import type { Operation } from './operation.ts';
import type { Held, Shelf, Shelves } from './shelves.ts';
import { createSingleFlight } from './single-flight.ts';
import type { After } from './timer.ts';
import { sightOf, type Viewer } from './viewer.ts';

/** One thing that the upstream can be asked for. */
export interface Resource<T> {
  /** Unique among all resources of a viewer. */
  readonly key: string;
  fetch(call: CallOptions): Promise<Answer<T>>;
  /** For how long after `fetchedAt` it needs no other call: Infinity for what will never change. */
  lifetimeMs(held: Held<T>): number;
}

export interface Served<T> {
  readonly held: Held<T>;
  /** Why the last good answer is served in place of a new one; null when it is not. */
  readonly staleReason: string | null;
}

export interface ResourceCache {
  get<T>(resource: Resource<T>, operation: Operation): Promise<Served<T>>;
  /** What `get` would answer, if that needs no call and no waiting; null else. */
  getHeld<T>(resource: Resource<T>, operation: Operation): Served<T> | null;
  /** What is held at this moment, trusted or not. */
  peek<T>(viewer: Viewer, resource: Resource<T>): Held<T> | undefined;
  /** Holds a resource that came inside another one, unless that is not held any more or something newer is. */
  offer<T>(viewer: Viewer, resource: Resource<T>, part: Held<T>, whole: Resource<unknown>): void;
  /** Takes away all that is held for a viewer. */
  forget(viewer: Viewer): void;
  /** Until when what is held for a viewer may be served without a call, in ms since 1970; 0 if not at all. */
  rightUntil(viewer: Viewer): number;
  /** The same, for what stands on the viewer's shelf. */
  rightToShelf(shelf: Shelf): number;
}

export interface ResourceCacheOptions {
  /** Where it holds what it fetched; it may be shared with what was made from that. */
  readonly shelves: Shelves<unknown>;
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
  const { shelves, now, liveTtlMs, staleIfErrorMs, reauthIntervalMs } = options;
  const pauseMs = Math.min(MAX_PAUSE_MS, liveTtlMs);
  const flights = createSingleFlight<Held<unknown>>(options.after);
  /** By viewer: the call that renews the right to all that is held; answers its error, or null. */
  const renewals = new Map<string, Promise<unknown>>();
  const failures = new LRUCache<string, Failure>({ max: MAX_RECENT_FAILURES });

  async function get<T>(resource: Resource<T>, operation: Operation): Promise<Served<T>> {
    const served = await read(resource, operation);
    const { held, staleReason } = served;
    if (staleReason !== null && operation.notes) operation.notes.hasStale = true;
    operation.lifetime.limit(staleReason === null ? held.fetchedAt + resource.lifetimeMs(held) : 0);
    return served;
  }

  function getHeld<T>(resource: Resource<T>, { viewer, lifetime, notes }: Operation): Served<T> | null {
    const held = peek(viewer, resource);
    if (!held || !isRightRenewed(viewer)) return null;
    const trustedUntil = held.fetchedAt + resource.lifetimeMs(held);
    if (now() >= trustedUntil) return null;
    lifetime.limit(trustedUntil);
    if (notes) notes.hasHeld = true;
    return { held, staleReason: null };
  }

  async function read<T>(resource: Resource<T>, operation: Operation): Promise<Served<T>> {
    const { viewer } = operation;
    let held = peek(viewer, resource);
    let isRightKnown = isRightRenewed(viewer);
    const renewal = held && !isRightKnown ? renewals.get(viewer.id) : undefined;
    if (renewal) {
      const error = await renewal;
      if (isRefusal(error) || isOutage(error)) return standIn(resource, viewer, error);
      held = peek(viewer, resource);
      isRightKnown = error === null;
    }
    if (held && isRightKnown && now() - held.fetchedAt < resource.lifetimeMs(held)) {
      if (operation.notes) operation.notes.hasHeld = true;
      return { held, staleReason: null };
    }

    const failure = failures.get(failureKey(viewer, resource));
    if (failure && now() < failure.until) return standIn(resource, viewer, failure.error);
    try {
      return { held: await call(resource, operation), staleReason: null };
    } catch (error) {
      return standIn(resource, viewer, error);
    }
  }

  /** A resource's key tells its type, so what is held under it is a T. */
  const peek = <T>(viewer: Viewer, resource: Resource<T>) =>
    shelves.get(viewer.id, resource.key) as Held<T> | undefined;

  function call<T>(resource: Resource<T>, operation: Operation): Promise<Held<T>> {
    const { viewer, budget, requestId, signal, notes } = operation;
    if (notes) notes.hasFetched = true;
    const flightKey = `${viewer.id} ${resource.key}`;
    // Whoever starts the call pays for it; to join one costs nothing.
    if (!flights.isUnderWay(flightKey)) budget.take();
    return flights.join(flightKey, signal(), (signal) => {
      const flight = fetchAndHold(resource, viewer, { ...sightOf(viewer), requestId, signal, notes });
      if (!isRightRenewed(viewer)) announceRenewal(viewer, flight);
      return flight;
    }) as Promise<Held<T>>;
  }

  async function fetchAndHold<T>(resource: Resource<T>, viewer: Viewer, call: CallOptions): Promise<Held<T>> {
    const shelf = shelves.of(viewer.id);
    const sentAt = now();
    try {
      const { value, sizeBytes } = await resource.fetch(call);
      const held = { value, sentAt, fetchedAt: now(), sizeBytes };
      shelves.proveRight(shelf, sentAt);
      shelves.put(viewer.id, shelf, resource.key, held);
      failures.delete(failureKey(viewer, resource));
      return held;
    } catch (error) {
      noteFailure(resource, viewer, error);
      throw error;
    }
  }

  function noteFailure<T>(resource: Resource<T>, viewer: Viewer, error: unknown): void {
    if (isRefusal(error)) {
      shelves.takeAway(viewer.id);
    } else if (isNotFound(error)) {
      shelves.remove(viewer.id, resource.key);
      failures.set(failureKey(viewer, resource), { error, until: now() + pauseMs });
    } else if (isOutage(error) && peek(viewer, resource)) {
      failures.set(failureKey(viewer, resource), { error, until: now() + pauseMs });
    }
  }

  /** The last good answer, if the error is an outage and the answer not too old; else the error itself. */
  function standIn<T>(resource: Resource<T>, viewer: Viewer, error: unknown): Served<T> {
    const held = peek(viewer, resource);
    if (!held || !isOutage(error) || now() > staleSince(held, resource, viewer) + staleIfErrorMs) throw error;
    return { held, staleReason: `${error.code}: ${error.message}` };
  }

  /** Since when it has needed a call: since its lifetime ended, or since the viewer's right to it had to be renewed. */
  function staleSince<T>(held: Held<T>, resource: Resource<T>, viewer: Viewer): number {
    const rightUntil = (shelves.of(viewer.id).lastSuccessAt ?? held.sentAt) + reauthIntervalMs;
    return Math.min(held.fetchedAt + resource.lifetimeMs(held), rightUntil);
  }

  const rightUntil = (viewer: Viewer): number => rightToShelf(shelves.of(viewer.id));
  const rightToShelf = ({ lastSuccessAt }: Shelf): number =>
    lastSuccessAt === null ? 0 : lastSuccessAt + reauthIntervalMs;

  const isRightRenewed = (viewer: Viewer): boolean => now() < rightUntil(viewer);

  /** While the viewer's right is in doubt, whoever finds something held waits for this call instead of making one. */
  function announceRenewal(viewer: Viewer, flight: Promise<unknown>): void {
    const outcome: Promise<unknown> = flight
      .then(
        () => null,
        (error: unknown) => error,
      )
      .finally(() => {
        if (renewals.get(viewer.id) === outcome) renewals.delete(viewer.id);
      });
    renewals.set(viewer.id, outcome);
  }

  return {
    get,
    getHeld,
    peek,
    offer(viewer, resource, part, whole) {
      const isCurrent = peek(viewer, whole)?.sentAt === part.sentAt;
      const held = peek(viewer, resource);
      if (!isCurrent || (held && held.sentAt >= part.sentAt)) return;
      shelves.put(viewer.id, shelves.of(viewer.id), resource.key, part);
      failures.delete(failureKey(viewer, resource));
    },
    forget: (viewer) => {
      shelves.takeAway(viewer.id);
    },
    rightUntil,
    rightToShelf,
  };
}

const failureKey = (viewer: Viewer, resource: { readonly key: string }): string => `${viewer.id} ${resource.key}`;
