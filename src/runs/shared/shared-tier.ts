/**
 * The shared tier: the upstream's answers in Valkey, below the cache of each gateway. A miss takes a lease, and the holder's call
 * serves all gateways. Whatever goes wrong here costs a call of this gateway's own, and nothing else.
 */
import type { Fleet } from '../../fleet/fleet.ts';
import type { Lease } from '../../fleet/leases.ts';
import type { After } from '../timer.ts';
import { identityOf, type Viewer } from '../viewer.ts';
import { AbandonedError } from '../../upstream/errors.ts';
import { createAwaitedCalls, type AnnouncedOutcome } from './awaited-calls.ts';
import { createNames, type Names } from './names.ts';
import { createSharedAnswers } from './shared-answers.ts';
import type { Called, Loaded, SharedRequest } from './shared-request.ts';
import { createWithdrawals } from './withdrawals.ts';

export interface SharedTier {
  load<T>(request: SharedRequest<T>): Promise<Loaded<T>>;
  /** The upstream has denied the viewer: nothing shared of it is served any more, at no gateway. */
  withdraw(viewer: Viewer, hadRight: boolean): void;
  /** Waits for what is being stored. */
  close(): Promise<void>;
}

export interface SharedTierOptions {
  readonly fleet: Fleet;
  /** What decides an answer beside viewer and resource: the upstream. */
  readonly source: string;
  readonly reauthIntervalMs: number;
  readonly drop: (viewerId: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
}

/** How long others wait for a gateway that has died. A living one extends it. */
const LEASE_MS = 1000;
/** More leases than this are not waited for: the upstream's own timeout is over. */
const MAX_WAITS = 10;
/** A larger answer takes longer to fetch from Valkey than a deadline lasts. */
const MAX_SHARED_BYTES = 4 * 2 ** 20;
/** A withdrawal is remembered until no gateway that missed it can have data from before. */
const MISSED_MS = 60_000;

interface Found<T> {
  /** Null: a call is needed. */
  readonly loaded: Loaded<T> | null;
  /** The token of the viewer's epoch, if there is one. */
  readonly epoch: string | null;
}

export function createSharedTier({ fleet, source, reauthIntervalMs, drop, now, after }: SharedTierOptions): SharedTier {
  const { valkey, keys, clock, leases, metrics } = fleet;
  const calls = createAwaitedCalls(fleet, 'call');
  const withdrawals = createWithdrawals({ fleet, ttlMs: reauthIntervalMs + MISSED_MS, drop, after });
  const answers = createSharedAnswers(fleet, MAX_SHARED_BYTES, now);
  const namesOf = createNames(keys, source);
  /** Answers that are being stored: no more than calls under way. */
  const underWay = new Set<Promise<unknown>>();
  const track = (storing: Promise<unknown>) => {
    const tracked = storing.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };

  async function load<T>(request: SharedRequest<T>): Promise<Loaded<T>> {
    if (!valkey.isUp || !(await withdrawals.areWritten(request.viewer.id))) return request.call();
    const names = namesOf(request.viewer, request.key);
    const found = await find(names, request);
    return found ? (found.loaded ?? callOnce(names, request)) : request.call();
  }

  /** One call of the whole fleet, as long as leases are kept. */
  async function callOnce<T>(names: Names, request: SharedRequest<T>): Promise<Loaded<T>> {
    for (let waits = 0; ; waits += 1) {
      const expected = calls.expect(names.lease);
      try {
        // In one round trip: whoever had the lease before may just have stored its answer.
        const acquiring = leases.acquire('call', names.lease, LEASE_MS);
        const found = await find(names, request).catch((error: unknown) => {
          // No call was made: of those who wait elsewhere one takes the lease over.
          track(acquiring.then((acquired) => release(names, acquired ?? null, 'over')));
          throw error;
        });
        const lease = await acquiring;
        if (found?.loaded) {
          void release(names, lease ?? null, 'stored');
          return found.loaded;
        }
        const epoch = found?.epoch ?? null;
        if (lease) return await callAndShare(names, request, epoch, lease);
        const outcome = lease === null ? await expected.outcome(LEASE_MS, request.signal) : 'down';
        if (outcome === 'over' && waits < MAX_WAITS) continue;
        const stored = outcome === 'stored' ? await find(names, request) : null;
        return stored?.loaded ?? (await callAndShare(names, request, epoch, null));
      } finally {
        expected.end();
      }
    }
  }

  /** Null where Valkey does not say. */
  async function find<T>(names: Names, request: SharedRequest<T>): Promise<Found<T> | null> {
    const state = await answers.read(names);
    if (!state) {
      metrics.sharedRead('unavailable');
      return null;
    }
    const { withdrawnMs, successAt, epoch } = state;
    const provenSince = request.provenSince();
    if (provenSince !== null && clock.toFleet(provenSince) < withdrawnMs) request.drop();
    if (successAt !== null) request.proveRight(successAt);
    const current = request.current();
    if (current) return { loaded: current, epoch };
    const answer = successAt === null ? null : await state.answer();
    const cached = answer && (await request.accept(answer));
    metrics.sharedRead(cached ? 'hit' : 'miss');
    return { loaded: cached && { cached, isProof: true, wasCalled: false }, epoch };
  }

  async function callAndShare<T>(
    names: Names,
    request: SharedRequest<T>,
    epoch: string | null,
    lease: Lease | null,
  ): Promise<Loaded<T>> {
    const stopExtending = lease ? extend(lease) : () => undefined;
    const end = async (outcome: AnnouncedOutcome) => {
      stopExtending();
      await release(names, lease, outcome);
    };
    try {
      const called = await request.call();
      // Nobody who waits for the answer here waits for Valkey. What can't be judged is not shared: whoever asked judges it, too,
      // and reports the error.
      track(
        share(names, request, called, epoch)
          .catch(() => false)
          .then((isStored) => end(isStored ? 'stored' : 'failed')),
      );
      return called;
    } catch (error) {
      // Of those who wait elsewhere one takes the lease over.
      void end(error instanceof AbandonedError ? 'over' : 'failed');
      throw error;
    }
  }

  async function release(names: Names, lease: Lease | null, outcome: AnnouncedOutcome): Promise<void> {
    if (lease) await Promise.all([lease.release(), calls.announce(names.lease, outcome)]);
  }

  async function share<T>(
    names: Names,
    request: SharedRequest<T>,
    { cached, isProof, body }: Called<T>,
    known: string | null,
  ): Promise<boolean> {
    const epoch = isProof ? await answers.renew(names, cached.sentAt) : known;
    if (epoch === null || body === undefined || (body?.length ?? 0) > MAX_SHARED_BYTES) return false;
    const answer = { sentAt: cached.sentAt, fetchedAt: cached.fetchedAt, epoch, body };
    const related = request.related();
    const sharedMs = request.sharedMs(cached);
    const isStored = sharedMs > 0 && (await answers.store(names, answer, sharedMs));
    if (related && sharedMs !== Infinity) {
      const isFinal = () => request.sharedMs(cached) === Infinity;
      track(related.then(() => isFinal() && answers.store(names, answer, Infinity)).catch(() => false));
    }
    return isStored;
  }

  return {
    load,
    withdraw(viewer, hadRight) {
      const identity = identityOf(viewer);
      const ids = keys.map((each) => each.viewerId(identity));
      withdrawals.withdraw(viewer.id, { ids, epochs: namesOf(viewer, '').epochs, hadRight });
    },
    async close() {
      while (underWay.size > 0) await Promise.all(underWay);
      withdrawals.close();
      calls.close();
    },
  };
}

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
