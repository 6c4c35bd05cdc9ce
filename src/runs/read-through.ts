/**
 * Reads through the cache. A cached answer is served while it is fresh and the viewer's right is proven. Otherwise one
 * call is made for all readers (single flight). In an outage the last good answer is served (stale-if-error).
 */
import type { CallOptions } from '../upstream/client.ts';
import { AbandonedError, isAccessDenied, isForbidden, isOutage, isUnauthenticated } from '../upstream/errors.ts';
import type { PartsEntry } from './entry.ts';
import { callerOf, deny, load, type LoadOptions } from './load.ts';
import type { ReadContext } from './read-context.ts';
import type { Loaded } from './ports.ts';
import { Flight } from './single-flight.ts';
import { asStale, type Snapshot } from './snapshot.ts';
import { endOf, type Source } from './source.ts';
import type { Denied } from './rights.ts';
import type { Viewer } from './viewer.ts';

export interface ReadThrough {
  /** Returns the cached answer or loads it. The entry is in use until the promise settles. */
  get<Entry extends PartsEntry, T>(
    source: Source<Entry, T>,
    entry: Entry,
    operation: ReadContext,
  ): Promise<Snapshot<T>>;
  /** Returns the answer of `get` if that needs no call and no wait, else null. */
  getCached<Entry extends PartsEntry, T>(
    source: Source<Entry, T>,
    entry: Entry,
    operation: ReadContext,
  ): Snapshot<T> | null;
  /** Makes a call whose answer is not cached. Like any call, its success proves the viewer's right. */
  prove<T>(viewer: Viewer, asked: Denied, call: (caller: Caller) => Promise<T>): Promise<T>;
}

type Caller = Pick<CallOptions, 'viewerId' | 'credential' | 'scope' | 'isAccepted'>;

export interface ReadThroughOptions extends LoadOptions {
  readonly staleIfErrorMs: number;
}

/** Maximum number of successive revalidation calls that a read waits for. */
const MAX_WAITS = 3;

export function createReadThrough(options: ReadThroughOptions): ReadThrough {
  const { viewers, now, staleIfErrorMs } = options;

  async function read<Entry extends PartsEntry, T>(
    source: Source<Entry, T>,
    entry: Entry,
    operation: ReadContext,
  ): Promise<Snapshot<T>> {
    const part = source.partOf(entry);
    let isProven = viewers.isProven(entry.right);
    // A call may decide nothing: a 404, a disconnected client, a refusal or an outage of another endpoint. The first
    // reader that waited for it makes the next call.
    for (let waits = 0; part.snapshot && !isProven && waits < MAX_WAITS; waits += 1) {
      const revalidation = entry.right.revalidations?.get(entry.workflowId);
      if (!revalidation) break;
      const { endpoint, error } = await revalidation;
      const isSameEndpoint = endpoint === source.endpoint;
      if (isUnauthenticated(error) || (isSameEndpoint && (isForbidden(error) || isOutage(error)))) {
        return lastGood(source, entry, error);
      }
      isProven = error === null;
    }
    const { operationRecord, skipsLive } = operation;
    const { snapshot, failure } = part;
    if (snapshot && isProven) {
      const untilMs = endOf(source, entry, snapshot);
      if (now() < untilMs && !(skipsLive && untilMs !== Infinity)) {
        if (operationRecord) operationRecord.hasCached = true;
        return snapshot;
      }
    }
    try {
      if (failure && now() < failure.untilMs && !skipsLive) throw failure.error;
      return await fetchOnce(source, entry, operation);
    } catch (error) {
      return lastGood(source, entry, error);
    }
  }

  async function fetchOnce<Entry extends PartsEntry, T>(
    source: Source<Entry, T>,
    entry: Entry,
    operation: ReadContext,
  ): Promise<Snapshot<T>> {
    const { viewer, budget, signal, operationRecord } = operation;
    const part = source.partOf(entry);
    // Only the operation that starts the call counts it in its budget.
    if (!part.flight) budget.take(viewers.isAccepted(viewer.id));
    let wasCalled = true;
    try {
      if (signal().aborted) throw new AbandonedError();
      part.flight ??= launch(source, entry, operation);
      const loaded = await part.flight.join(signal());
      wasCalled = loaded.wasCalled;
      return loaded.cached;
    } finally {
      if (operationRecord && wasCalled) operationRecord.hasFetched = true;
      else if (operationRecord) operationRecord.hasCached = true;
    }
  }

  function launch<Entry extends PartsEntry, T>(
    source: Source<Entry, T>,
    entry: Entry,
    operation: ReadContext,
  ): Flight<Loaded<T>> {
    const controller = new AbortController();
    const part = source.partOf(entry);
    const loading = load(options, source, entry, operation, controller.signal);
    const flight = new Flight(loading, controller, () => {
      if (part.flight === flight) part.flight = null;
    });
    return flight;
  }

  /**
   * Returns the last good answer if the error is an outage and the answer is not too old. Otherwise throws the error.
   */
  function lastGood<Entry extends PartsEntry, T>(source: Source<Entry, T>, entry: Entry, error: unknown): Snapshot<T> {
    const { snapshot } = source.partOf(entry);
    if (!snapshot || !isOutage(error)) throw error;
    // A call became necessary when the answer's lifetime or the proof of the right ended.
    const staleSince = Math.min(endOf(source, entry, snapshot), viewers.rightUntil(entry.right));
    if (now() > staleSince + staleIfErrorMs) throw error;
    return asStale(snapshot, `${error.code}: ${error.message}`);
  }

  return {
    async get(source, entry, operation) {
      const { lifetime, operationRecord } = operation;
      viewers.use(entry);
      try {
        const snapshot = await read(source, entry, operation);
        const isStale = snapshot.staleReason !== null;
        if (isStale && operationRecord) operationRecord.hasStale = true;
        lifetime.limit(isStale ? 0 : endOf(source, entry, snapshot));
        return snapshot;
      } finally {
        viewers.leave(entry);
      }
    },

    getCached(source, entry, { lifetime, operationRecord, skipsLive }) {
      const { snapshot } = source.partOf(entry);
      if (!snapshot || !viewers.isProven(entry.right)) return null;
      const untilMs = endOf(source, entry, snapshot);
      if (now() >= untilMs || (skipsLive && untilMs !== Infinity)) return null;
      lifetime.limit(untilMs);
      if (operationRecord) operationRecord.hasCached = true;
      return snapshot;
    },

    async prove(viewer, asked, call) {
      const right = viewers.rightOf(viewer.id);
      viewers.begin(right);
      const sentAt = now();
      try {
        const answer = await call(callerOf(viewers, viewer));
        viewers.prove(right, sentAt);
        viewers.allow(viewers.rightOf(viewer.id), asked);
        return answer;
      } catch (error) {
        if (isAccessDenied(error)) deny(options, viewer, error, asked);
        throw error;
      } finally {
        viewers.end(right);
      }
    },
  };
}
