/**
 * The shared tier: the upstream's answers in Valkey, below the cache of each gateway. A miss takes a lease, and the holder's call
 * serves all gateways. Whatever goes wrong here costs a call of this gateway's own, and nothing else.
 */
import type { Fleet } from '../../fleet/fleet.ts';
import type { Lease } from '../../fleet/leases.ts';
import { readVersioned, storeNewest } from '../../fleet/versioned-values.ts';
import type { Cached } from '../cache-partitions.ts';
import { identityOf, type Viewer } from '../viewer.ts';
import { createAwaitedCalls } from './awaited-calls.ts';
import { readEpoch, renewEpoch, type Epoch } from './epochs.ts';
import { createNames, type Names } from './names.ts';
import { readAnswer, writeAnswer, type StoredAnswer } from './stored-answer.ts';
import { createWithdrawals } from './withdrawals.ts';

export interface SharedTier {
  load<T>(request: SharedRequest<T>): Promise<Loaded<T>>;
  /** The upstream has denied the viewer: nothing shared of it is served any more, at no gateway. */
  withdraw(viewer: Viewer, hadRight: boolean): void;
  /** Waits for what is being stored. */
  close(): Promise<void>;
}

export interface Loaded<T> {
  readonly cached: Cached<T>;
  /** Whether it proves the viewer's right. */
  readonly isProof: boolean;
  /** False: no upstream call was made for it. */
  readonly wasCalled: boolean;
}

/** What the upstream has answered. */
export interface Called<T> extends Loaded<T> {
  /** Null: it has nothing by this id. Undefined: it can't be shared. */
  readonly bytes: Buffer | null | undefined;
}

/** One load of a resource. Times are this gateway's, in milliseconds since 1970. */
export interface SharedRequest<T> {
  readonly viewer: Viewer;
  readonly key: string;
  /** Fires when nobody waits any more. */
  readonly signal: AbortSignal;
  /** A call has succeeded at another gateway. */
  proveRight(sentAt: number): void;
  /** The right was withdrawn at another gateway, if it has not been proven after that. */
  isOutdated(toFleet: (localMs: number) => number, sinceMs: number): boolean;
  drop(): void;
  /** What may be served by now without a call. */
  current(): Loaded<T> | null;
  /** Null for what can't be read, or is too old. */
  accept(stored: StoredAnswer): Promise<Cached<T> | null>;
  call(): Promise<Called<T>>;
  /** For how long others may have it; Infinity: it is final. */
  sharedMs(cached: Cached<T>): number;
  /** Resolves when that may have changed; null: it will not. */
  related(): Promise<void> | null;
}

export interface SharedTierOptions {
  readonly fleet: Fleet;
  /** What decides an answer beside viewer and resource: the upstream. */
  readonly source: string;
  readonly reauthIntervalMs: number;
  /** Of an answer after decompression. */
  readonly maxBytes?: number;
  readonly drop: (viewerId: string) => void;
}

/** How long others wait for a gateway that has died. A living one extends it. */
export const LEASE_MS = 1000;
/** More leases than this are not waited for: the upstream's own timeout is over. */
const MAX_WAITS = 10;
/** A larger answer takes longer to fetch from Valkey than a deadline lasts. */
const MAX_SHARED_BYTES = 4 * 2 ** 20;
/** A withdrawal is remembered until no gateway that missed it can have data from before. */
const MISSED_MS = 60_000;

interface Found<T> {
  /** Null: a call is needed. */
  readonly loaded: Loaded<T> | null;
  readonly isAnswered: boolean;
  readonly epoch: Epoch | null;
}

export function createSharedTier(options: SharedTierOptions): SharedTier {
  const { fleet, source, reauthIntervalMs, maxBytes = MAX_SHARED_BYTES, drop } = options;
  const { valkey, keys, clock, leases, metrics, sharedTtlMs } = fleet;
  const calls = createAwaitedCalls(fleet);
  const withdrawals = createWithdrawals({ fleet, ttlMs: reauthIntervalMs + MISSED_MS, drop });
  /** Answers that are being stored: no more than calls under way. */
  const underWay = new Set<Promise<void>>();
  const namesOf = createNames(keys, source);

  async function load<T>(request: SharedRequest<T>): Promise<Loaded<T>> {
    if (!valkey.isUp || !(await withdrawals.areWritten(request.viewer.id))) return request.call();
    const names = namesOf(request.viewer, request.key);
    const found = await find(names, request);
    if (found.loaded) return found.loaded;
    return found.isAnswered ? callOnce(names, request) : request.call();
  }

  /** One call of the whole fleet, as long as leases are kept. */
  async function callOnce<T>(names: Names, request: SharedRequest<T>): Promise<Loaded<T>> {
    for (let waits = 0; ; waits += 1) {
      const expected = calls.expect(names.lease);
      try {
        // In one round trip: whoever had the lease before may just have stored its answer.
        const [lease, found] = await Promise.all([leases.acquire('call', names.lease, LEASE_MS), find(names, request)]);
        if (found.loaded) {
          void release(names, lease ?? null, true);
          return found.loaded;
        }
        if (lease) return await callAndShare(names, request, found.epoch, lease);
        const outcome = lease === null ? await expected.outcome(LEASE_MS, request.signal) : 'down';
        if (outcome === 'over' && waits < MAX_WAITS) continue;
        const stored = outcome === 'stored' ? await find(names, request) : null;
        return stored?.loaded ?? (await callAndShare(names, request, found.epoch, null));
      } finally {
        expected.end();
      }
    }
  }

  async function find<T>({ epochs, values, identity }: Names, request: SharedRequest<T>): Promise<Found<T>> {
    const replies = await valkey.run('READ', (redis) => redis.mgetBuffer(...epochs, ...values));
    const nothing = { loaded: null, isAnswered: replies !== undefined, epoch: null };
    if (!replies) {
      metrics.sharedRead('unavailable');
      return nothing;
    }
    const known = epochs.map((_name, index) => readEpoch(replies[index] ?? null));
    const sinceMs = Math.max(0, ...known.map((epoch) => epoch?.sinceMs ?? 0));
    if (request.isOutdated(clock.toFleet, sinceMs)) request.drop();
    const successMs = Math.max(0, ...known.map((epoch) => epoch?.lastSuccessMs ?? 0));
    if (successMs > sinceMs) request.proveRight(clock.toLocal(successMs));
    const loaded = request.current();
    if (loaded) return { ...nothing, loaded };

    for (const [index, name] of values.entries()) {
      const stored = readVersioned(replies[epochs.length + index] ?? null);
      const answer = stored && (await open(index, identity, name, stored.bytes));
      if (!answer || answer.epoch !== known[index]?.token || successMs <= sinceMs) continue;
      const cached = await request.accept(localTimes(answer));
      if (!cached) continue;
      metrics.sharedRead('hit');
      return { ...nothing, loaded: { cached, isProof: true, wasCalled: false } };
    }
    metrics.sharedRead('miss');
    return { ...nothing, epoch: known[0] ?? null };
  }

  async function open(index: number, identity: string, name: string, sealed: Buffer): Promise<StoredAnswer | null> {
    const opened = await keys[index]?.open(identity, name, sealed, maxBytes + MAX_HEAD_BYTES);
    const answer = opened ? readAnswer(opened) : null;
    if (!answer) metrics.sharedRead('unreadable');
    return answer;
  }

  const localTimes = (answer: StoredAnswer): StoredAnswer => ({
    ...answer,
    sentAt: clock.toLocal(answer.sentAt),
    fetchedAt: clock.toLocal(answer.fetchedAt),
    uncertaintyMs: answer.uncertaintyMs + clock.uncertaintyMs,
  });

  async function callAndShare<T>(
    names: Names,
    request: SharedRequest<T>,
    epoch: Epoch | null,
    lease: Lease | null,
  ): Promise<Loaded<T>> {
    const stopExtending = lease ? extend(lease) : () => undefined;
    let isShared = false;
    try {
      const called = await request.call();
      isShared = true;
      // Nobody who waits for the answer here waits for Valkey.
      const sharing = share(names, request, called, epoch)
        // What can't be judged is not shared. Whoever asked judges it, too, and reports the error.
        .catch(() => false)
        .then((isStored) => {
          stopExtending();
          return release(names, lease, isStored);
        })
        .finally(() => underWay.delete(sharing));
      underWay.add(sharing);
      return called;
    } finally {
      if (!isShared) {
        stopExtending();
        void release(names, lease, false);
      }
    }
  }

  async function release(names: Names, lease: Lease | null, isStored: boolean): Promise<void> {
    if (lease) await Promise.all([lease.release(), calls.announce(names.lease, isStored ? 'stored' : 'failed')]);
  }

  async function share<T>(
    names: Names,
    request: SharedRequest<T>,
    called: Called<T>,
    known: Epoch | null,
  ): Promise<boolean> {
    const { cached, isProof, bytes } = called;
    const epoch = isProof ? await renew(names, cached) : (known?.token ?? null);
    if (epoch === null || bytes === undefined || (bytes?.length ?? 0) > maxBytes) return false;
    const store = (sharedMs: number) => storeAnswer(names, { ...cached, epoch, bytes }, sharedMs);
    const sharedMs = request.sharedMs(cached);
    const isStored = sharedMs > 0 && (await store(sharedMs));
    const related = sharedMs === Infinity ? null : request.related();
    void related?.then(() => (request.sharedMs(cached) === Infinity ? store(Infinity) : false)).catch(() => false);
    return isStored;
  }

  const renew = async (names: Names, { sentAt }: Cached<unknown>): Promise<string | null> =>
    (await valkey.run('RENEW', (redis) => renewEpoch(redis, names.epochs[0], clock.toFleet(sentAt), sharedTtlMs))) ??
    null;

  async function storeAnswer(
    { identity, values: [name] }: Names,
    { epoch, bytes, ...cached }: Pick<StoredAnswer, 'epoch' | 'bytes' | 'sentAt' | 'fetchedAt'>,
    sharedMs: number,
  ): Promise<boolean> {
    const [sentAt, fetchedAt] = [clock.toFleet(cached.sentAt), clock.toFleet(cached.fetchedAt)];
    const isFinal = sharedMs === Infinity;
    const answer = writeAnswer({ epoch, bytes, sentAt, fetchedAt, isFinal, uncertaintyMs: clock.uncertaintyMs });
    const sealed = await keys[0].seal(identity, name, answer);
    const expiresAt = fetchedAt + Math.min(sharedMs, sharedTtlMs);
    const value = { version: sentAt, bytes: sealed };
    return (await valkey.run('STORE', (redis) => storeNewest(redis, name, value, expiresAt))) ?? false;
  }

  return {
    load,
    withdraw(viewer, hadRight) {
      const identity = identityOf(viewer);
      const ids = keys.map((each) => each.viewerId(identity));
      withdrawals.withdraw(viewer.id, { ids, epochs: namesOf(viewer, '').epochs, hadRight });
    },
    async close() {
      await Promise.all(underWay);
      withdrawals.close();
      calls.close();
    },
  };
}

/** The line before an answer's bytes is shorter. */
const MAX_HEAD_BYTES = 1024;

/** Returns the function that ends it. */
function extend(lease: Lease): () => void {
  const stop = () => {
    clearInterval(timer);
  };
  const timer = setInterval(() => {
    void lease.extend(LEASE_MS).then((isHeld) => {
      if (isHeld === false) stop();
    });
  }, LEASE_MS / 3);
  return stop;
}
