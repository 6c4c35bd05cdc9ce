/**
 * Reads through the cache. A cached response is served while it is fresh and the viewer's right is proven. Otherwise,
 * all readers share one call. During an outage, the last good response is served (stale-if-error).
 */
import type { CallOptions } from '../upstream/client.ts';
import { AbandonedError, isAccessDenied, isForbidden, isOutage, isUnauthenticated } from '../upstream/errors.ts';
import { Requesters } from '../upstream/requesters.ts';
import type { Part, PartsEntry, Right } from './entry.ts';
import { callOf, deny, Load, type LoadOptions } from './load.ts';
import type { ReadContext } from './read-context.ts';
import type { Loaded } from './ports.ts';
import { Flight } from './single-flight.ts';
import { asStale, type Snapshot } from './snapshot.ts';
import { callName, endOf, type Wanted } from './source.ts';
import type { After } from '../runtime/clock.ts';
import type { Asked } from './rights.ts';
import type { Viewer } from '../auth/viewer.ts';

export interface ReadThroughOptions extends LoadOptions {
  readonly staleIfErrorMs: number;
  readonly after: After;
}

/** What is cached of a response. */
interface Cached<Entry extends PartsEntry, T> {
  readonly right: Right;
  readonly entry: Entry;
  readonly part: Part<T>;
}

/** Maximum number of successive revalidation calls that a read waits for. */
const MAX_WAITS = 3;
/** How long a reader waits for a call after a failed one, if there is a stale response instead. */
const MAX_WAIT_AFTER_FAILURE_MS = 500;

export class ReadThrough {
  readonly #options: ReadThroughOptions;

  constructor(options: ReadThroughOptions) {
    this.#options = options;
  }

  /** Returns the cached response, or undefined if a call or a wait is needed. */
  look<Entry extends PartsEntry, T>(
    wanted: Wanted<Entry, T>,
    operation: ReadContext,
    isKnownRight = false,
  ): Snapshot<T> | undefined {
    const { viewers, now } = this.#options;
    const { right, entry, part } = this.#find(wanted, operation.viewer);
    const { snapshot } = part;
    if (!snapshot || !(isKnownRight || viewers.mayServe(right))) return undefined;
    const untilMs = endOf(wanted.source, entry, snapshot);
    const { lifetime, operationRecord, skipsLive } = operation;
    if (now() >= untilMs || (skipsLive && untilMs !== Infinity)) return undefined;
    lifetime.limit(untilMs);
    if (operationRecord) operationRecord.hasCached = true;
    return snapshot;
  }

  /** Returns the cached response, or loads it. */
  get<Entry extends PartsEntry, T>(wanted: Wanted<Entry, T>, operation: ReadContext): Promise<Snapshot<T>> {
    const { snapshot, failure } = this.#find(wanted, operation.viewer).part;
    const reading = this.#read(wanted, operation);
    if (!snapshot || !failure || operation.isPoll) return reading;
    return this.#soon(reading, () => this.#lastGood(wanted, operation, failure.error));
  }

  /** Makes a call whose response isn't cached. Like any call, its success proves the viewer's right. */
  async prove<T>(operation: ReadContext, asked: Asked, send: (call: CallOptions) => Promise<T>): Promise<T> {
    const { viewers, now } = this.#options;
    const { viewer, requester, budget } = operation;
    budget.take(requester.isStranger());
    const right = viewers.rightOf(viewer.id);
    viewers.begin(right);
    const sentAt = now();
    // Not the operation's signal, because disconnecting doesn't undo the call.
    const { signal } = new AbortController();
    try {
      const answer = await send(callOf(operation, { requesters: new Requesters(requester), signal }));
      viewers.prove(right, sentAt);
      return answer;
    } catch (error) {
      if (isAccessDenied(error)) deny(this.#options, viewer, error, asked);
      throw error;
    } finally {
      viewers.end(right);
    }
  }

  /** Looked up each time, because the entry may be evicted or dropped while a reader waits. */
  #find<Entry extends PartsEntry, T>({ source, subject }: Wanted<Entry, T>, { id }: Viewer): Cached<Entry, T> {
    const { viewers } = this.#options;
    const right = viewers.rightOf(id);
    const entry = viewers.entryOf(right, subject);
    return { right, entry, part: source.partOf(entry) };
  }

  /** A hanging upstream would delay each reader until the timeout. The call continues for later readers. */
  #soon<T>(reading: Promise<T>, stale: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const cancel = this.#options.after(MAX_WAIT_AFTER_FAILURE_MS, () => {
      // Without a stale response, the reader waits.
      Promise.try(stale).then(resolve, () => undefined);
    });
    reading.finally(cancel).then(resolve, reject);
    return promise;
  }

  /** Waits for a call that renews the right, if one is in progress. */
  async #read<Entry extends PartsEntry, T>(wanted: Wanted<Entry, T>, operation: ReadContext): Promise<Snapshot<T>> {
    const { source, subject } = wanted;
    const { viewer, skipsLive, lifetime } = operation;
    let isKnownRight = false;
    // A call may decide nothing: a 404, a disconnected client, a 403 or an outage of another endpoint. The first
    // reader that waited for it makes the next call, at once, so the others find it.
    for (let waits = 0; waits < MAX_WAITS && !isKnownRight; waits += 1) {
      const { right, part } = this.#find(wanted, viewer);
      const isProven = this.#options.viewers.mayServe(right);
      const revalidation = isProven ? undefined : right.revalidations?.get(subject.workflowId);
      if (!revalidation || !part.snapshot) break;
      const { endpoint, error } = await revalidation;
      const isSameEndpoint = endpoint === source.endpoint;
      if (isUnauthenticated(error) || (isSameEndpoint && (isForbidden(error) || isOutage(error)))) {
        return this.#lastGood(wanted, operation, error);
      }
      isKnownRight = error === null;
    }
    const found = this.look(wanted, operation, isKnownRight);
    if (found) return found;
    try {
      const { failure } = this.#find(wanted, viewer).part;
      if (failure && this.#options.now() < failure.untilMs && !skipsLive) throw failure.error;
      const snapshot = await this.#fetchOnce(wanted, operation);
      lifetime.limit(endOf(source, this.#find(wanted, viewer).entry, snapshot));
      return snapshot;
    } catch (error) {
      return this.#lastGood(wanted, operation, error);
    }
  }

  async #fetchOnce<Entry extends PartsEntry, T>(
    wanted: Wanted<Entry, T>,
    operation: ReadContext,
  ): Promise<Snapshot<T>> {
    const { viewer, requester, budget, signal, operationRecord } = operation;
    const { right, entry } = this.#find(wanted, viewer);
    const name = callName(wanted.source.endpoint, entry);
    // The name implies the type of the response.
    const known = right.calls.flights.get(name) as Flight<Loaded<T>> | undefined;
    const flying = known && known.beganAt >= (wanted.source.validFrom?.(entry) ?? 0) ? known : undefined;
    // Only the operation that starts the call counts it in its budget.
    if (!flying) budget.take(requester.isStranger());
    let wasCalled = true;
    try {
      if (signal().aborted) throw new AbandonedError();
      const loaded = await (flying ?? this.#launch(wanted, operation, right, name)).join(requester, signal());
      wasCalled = loaded.wasCalled;
      return loaded.cached;
    } finally {
      if (operationRecord && wasCalled) operationRecord.hasFetched = true;
      else if (operationRecord) operationRecord.hasCached = true;
    }
  }

  #launch<Entry extends PartsEntry, T>(
    wanted: Wanted<Entry, T>,
    operation: ReadContext,
    right: Right,
    name: string,
  ): Flight<Loaded<T>> {
    const { viewers, now } = this.#options;
    const { flights } = right.calls;
    viewers.begin(right);
    const flight = new Flight<Loaded<T>>(
      { workflowId: wanted.subject.workflowId, beganAt: now() },
      operation.requester,
      (readers) => new Load(this.#options, wanted, operation, readers),
      () => {
        if (flights.get(name) === flight) flights.delete(name);
        viewers.end(right);
      },
    );
    flights.set(name, flight);
    return flight;
  }

  /**
   * Returns the last good response if the error is an outage and the response isn't too old. Otherwise, throws the
   * error.
   */
  #lastGood<Entry extends PartsEntry, T>(
    wanted: Wanted<Entry, T>,
    { viewer, lifetime, operationRecord }: ReadContext,
    error: unknown,
  ): Snapshot<T> {
    const { viewers, staleIfErrorMs, now } = this.#options;
    const { right, entry, part } = this.#find(wanted, viewer);
    const { snapshot } = part;
    if (!snapshot || !isOutage(error)) throw error;
    // A call became necessary when the response's lifetime or the proof of the right ended.
    const staleSince = Math.min(endOf(wanted.source, entry, snapshot), viewers.servesUntil(right));
    if (now() > staleSince + staleIfErrorMs) throw error;
    if (operationRecord) operationRecord.hasStale = true;
    lifetime.limit(0);
    return asStale(snapshot, `${error.code}: ${error.message}`);
  }
}
