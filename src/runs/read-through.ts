/**
 * Reads through the cache: a cached answer is served while it is fresh and the viewer's right to it is proven; otherwise one call is made
 * for all who ask (single flight). In an outage the last good answer is served (stale-if-error).
 */
import type { CallOptions } from '../upstream/client.ts';
import {
  AbandonedError,
  type GatewayError,
  isAccessDenied,
  isForbidden,
  isNotFound,
  isOutage,
} from '../upstream/errors.ts';
import { asStale, type PartsEntry, type Snapshot } from './entry.ts';
import { callerOf, Load, type LoadOptions } from './load.ts';
import type { ReadContext } from './read-context.ts';
import type { Loaded } from './shared/shared-request.ts';
import { Flight } from './single-flight.ts';
import type { Source } from './source.ts';
import type { Denied } from './viewer-cache.ts';
import type { Viewer } from './viewer.ts';

export interface ReadThrough {
  get<Ref, Entry extends PartsEntry, T>(
    source: Source<Ref, Entry, T>,
    ref: Ref,
    operation: ReadContext,
  ): Promise<Snapshot<T>>;
  /** What `get` would answer, if that needs no call and no waiting; null else. */
  getCached<Entry extends PartsEntry, T>(
    source: Source<never, Entry, T>,
    entry: Entry,
    operation: ReadContext,
  ): Snapshot<T> | null;
  /** A 401 or 403 drops everything of the viewer, unless it is the same 403 as before: of an endpoint of a workflow that was not allowed since. */
  deny(viewer: Viewer, error: unknown, denied: Denied): void;
  /** Makes a call whose answer is not cached. Its success proves the right of the viewer, as that of any call. */
  prove<T>(viewer: Viewer, asked: Denied, call: () => Promise<T>): Promise<T>;
  /** What an upstream call has to say of its caller. */
  callerOf(viewer: Viewer): Pick<CallOptions, 'viewerId' | 'credential' | 'scope' | 'isAccepted'>;
}

export interface ReadThroughOptions extends LoadOptions {
  readonly liveTtlMs: number;
  readonly staleIfErrorMs: number;
}

/** A 404 is believed no longer than this: a run that was just started may not be visible yet. */
const MAX_PAUSE_MS = 1000;
/** Calls, one after another, that are waited for to renew a right. */
const MAX_WAITS = 3;

export function createReadThrough(options: ReadThroughOptions): ReadThrough {
  const { viewers, shared, now, liveTtlMs, staleIfErrorMs } = options;
  const pauseMs = Math.min(MAX_PAUSE_MS, liveTtlMs);

  async function get<Ref, Entry extends PartsEntry, T>(
    source: Source<Ref, Entry, T>,
    ref: Ref,
    operation: ReadContext,
  ): Promise<Snapshot<T>> {
    const snapshot = await read(source, ref, operation);
    const { staleReason, fetchedAt } = snapshot;
    if (staleReason !== null) {
      if (operation.operationRecord) operation.operationRecord.hasStale = true;
      operation.lifetime.limit(0);
    } else {
      const entry = source.entryOf(viewers.rightOf(operation.viewer.id), ref);
      operation.lifetime.limit(fetchedAt + source.lifetimeMs(snapshot, entry));
    }
    return snapshot;
  }

  async function read<Ref, Entry extends PartsEntry, T>(
    source: Source<Ref, Entry, T>,
    ref: Ref,
    operation: ReadContext,
  ): Promise<Snapshot<T>> {
    const { viewer, operationRecord, skipsLive } = operation;
    // Whoever has waited finds it anew: the viewer may have been dropped, and the entry evicted.
    const find = () => source.entryOf(viewers.rightOf(viewer.id), ref);
    const staleIfError = (error: unknown): Snapshot<T> => lastGood(source, find(), error);
    let entry = find();
    let isProven = viewers.isProven(entry.right);
    // One that proves nothing (a 404, a client that has left) is followed by another, of whoever has waited for it first.
    for (let waits = 0; source.partOf(entry).snapshot && !isProven && waits < MAX_WAITS; waits += 1) {
      const revalidation = entry.right.revalidations?.get(entry.workflowId);
      if (!revalidation) break;
      const error = await revalidation;
      if (isAccessDenied(error) || isOutage(error)) return staleIfError(error);
      entry = find();
      isProven = error === null;
    }
    const { snapshot, failure } = source.partOf(entry);
    if (snapshot && isProven) {
      const lifetimeMs = source.lifetimeMs(snapshot, entry);
      if (now() < snapshot.fetchedAt + lifetimeMs && !(skipsLive && lifetimeMs !== Infinity)) {
        if (operationRecord) operationRecord.hasCached = true;
        return snapshot;
      }
    }
    if (failure && now() < failure.untilMs && !skipsLive) return staleIfError(failure.error);
    try {
      return await fetchOnce(source, ref, entry, operation);
    } catch (error) {
      return staleIfError(error);
    }
  }

  async function fetchOnce<Ref, Entry extends PartsEntry, T>(
    source: Source<Ref, Entry, T>,
    ref: Ref,
    entry: Entry,
    operation: ReadContext,
  ): Promise<Snapshot<T>> {
    const { viewer, budget, signal, operationRecord } = operation;
    const part = source.partOf(entry);
    // Only the operation that starts the call pays for it.
    if (!part.flight) budget.take(viewers.isAccepted(viewer.id));
    let wasCalled = true;
    try {
      if (signal().aborted) throw new AbandonedError();
      part.flight ??= launch(source, ref, entry, operation);
      const loaded = await part.flight.join(signal());
      wasCalled = loaded.wasCalled;
      return loaded.cached;
    } finally {
      if (operationRecord && wasCalled) operationRecord.hasFetched = true;
      else if (operationRecord) operationRecord.hasCached = true;
    }
  }

  function launch<Ref, Entry extends PartsEntry, T>(
    source: Source<Ref, Entry, T>,
    ref: Ref,
    entry: Entry,
    operation: ReadContext,
  ): Flight<Loaded<T>> {
    const controller = new AbortController();
    const load = new Load(options, source, ref, entry, operation, controller.signal);
    const loading = load.run().catch((error: unknown) => {
      afterFailure(source, ref, operation.viewer, error);
      throw error;
    });
    const flight = new Flight(loading, controller, () => {
      load.forget(flight);
    });
    return flight;
  }

  function afterFailure<Ref, Entry extends PartsEntry, T>(
    source: Source<Ref, Entry, T>,
    ref: Ref,
    viewer: Viewer,
    error: unknown,
  ): void {
    const entry = source.entryOf(viewers.rightOf(viewer.id), ref);
    const part = source.partOf(entry);
    const { snapshot } = part;
    const failure = () => ({ error: error as GatewayError, untilMs: now() + pauseMs });
    if (isAccessDenied(error)) {
      const asked = { endpoint: source.endpoint, workflowId: entry.workflowId };
      // It may have come inside a list. What would be served again without a call makes the denial news.
      if (snapshot && now() < endOf(source, entry, snapshot)) viewers.allow(entry.right, asked);
      deny(viewer, error, asked);
      viewers.put(entry, part, null);
    } else if (isNotFound(error)) {
      // Nothing is remembered for a viewer of whom no call has succeeded.
      viewers.put(entry, part, null, failure());
    } else if (isOutage(error) && snapshot) {
      viewers.put(entry, part, snapshot, failure());
    }
  }

  function deny(viewer: Viewer, error: unknown, denied: Denied): void {
    const hadRight = viewers.hasRight(viewer.id);
    if (!isForbidden(error)) viewers.drop(viewer.id);
    else if (!viewers.deny(viewer.id, denied)) return;
    shared?.withdraw(viewer, hadRight);
  }

  /** The last good answer, if the error is an outage and the answer not too old; else throws the error. */
  function lastGood<Entry extends PartsEntry, T>(
    source: Source<never, Entry, T>,
    entry: Entry,
    error: unknown,
  ): Snapshot<T> {
    const { snapshot } = source.partOf(entry);
    if (!snapshot || !isOutage(error)) throw error;
    // A call became necessary when its lifetime ended, or the proof of the viewer's right.
    const staleSince = Math.min(endOf(source, entry, snapshot), viewers.rightUntil(entry.right));
    if (now() > staleSince + staleIfErrorMs) throw error;
    return asStale(snapshot, `${error.code}: ${error.message}`);
  }

  /** When the lifetime of a cached answer ends. */
  const endOf = <Entry extends PartsEntry, T>(
    source: Source<never, Entry, T>,
    entry: Entry,
    snapshot: Snapshot<T>,
  ): number => snapshot.fetchedAt + source.lifetimeMs(snapshot, entry);

  return {
    get,
    getCached(source, entry, { lifetime, operationRecord, skipsLive }) {
      const { snapshot } = source.partOf(entry);
      if (!snapshot || !viewers.isProven(entry.right)) return null;
      const untilMs = endOf(source, entry, snapshot);
      if (now() >= untilMs || (skipsLive && untilMs !== Infinity)) return null;
      lifetime.limit(untilMs);
      if (operationRecord) operationRecord.hasCached = true;
      return snapshot;
    },
    deny,
    async prove(viewer, asked, call) {
      const right = viewers.rightOf(viewer.id);
      viewers.begin(right);
      const sentAt = now();
      try {
        const answer = await call();
        viewers.prove(right, sentAt);
        viewers.allow(viewers.rightOf(viewer.id), asked);
        return answer;
      } catch (error) {
        if (isAccessDenied(error)) deny(viewer, error, asked);
        throw error;
      } finally {
        viewers.end(right);
      }
    },
    callerOf: (viewer) => callerOf(viewers, viewer),
  };
}
