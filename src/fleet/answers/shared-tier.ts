/**
 * The port of answers over Valkey. On a miss one gateway takes a lease, and its call serves all gateways. A failure here costs one
 * more upstream call, and nothing else.
 */
import type { Called, Loaded, SharedRequest, SharedTier } from '../../runs/ports.ts';
import { identityOf } from '../../runs/viewer.ts';
import { AbandonedError } from '../../upstream/errors.ts';
import { createAwaitedCalls, type AnnouncedOutcome } from '../awaited-calls.ts';
import type { Fleet } from '../fleet.ts';
import type { Lease } from '../leases.ts';
import { createSharedAnswers, type SharedAnswer } from './shared-answers.ts';
import { createWithdrawals } from './withdrawals.ts';

/** How long others wait for a dead gateway. A live one extends its lease. */
const LEASE_MS = 1000;
/** After this many waits the upstream's own timeout is over, and the gateway calls by itself. */
const MAX_WAITS = 10;
/** Reading a larger answer from Valkey takes longer than the deadline. */
const MAX_SHARED_BYTES = 4 * 2 ** 20;
/** A withdrawal is stored until no gateway that missed it can have older data. */
const MISSED_MS = 60_000;

interface Found<T> {
  /** Null: a call is needed. */
  readonly loaded: Loaded<T> | null;
  /** Token of the viewer's epoch. Null if there is none. */
  readonly epoch: string | null;
}

export function createSharedTier(fleet: Fleet, reauthIntervalMs: number): SharedTier & { close(): Promise<void> } {
  const { valkey, keys, leases, metrics, source } = fleet;
  const calls = createAwaitedCalls(fleet, 'call');
  const withdrawals = createWithdrawals(fleet, reauthIntervalMs + MISSED_MS);
  const answerOf = createSharedAnswers(fleet, MAX_SHARED_BYTES);
  /** Stores in progress. Bounded by the calls in progress. */
  const underWay = new Set<Promise<unknown>>();
  const track = (storing: Promise<unknown>) => {
    const tracked = storing.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };

  async function load<T>(request: SharedRequest<T>): Promise<Loaded<T>> {
    if (!valkey.isUp || !(await withdrawals.areWritten(request.viewer.id))) return request.call();
    const answer = answerOf(request.viewer, request.key);
    const found = await find(answer, request);
    return found ? (found.loaded ?? callOnce(answer, request)) : request.call();
  }

  /** One call of the whole fleet, as long as leases work. */
  async function callOnce<T>(answer: SharedAnswer, request: SharedRequest<T>): Promise<Loaded<T>> {
    for (let waits = 0; ; waits += 1) {
      const expected = calls.expect(answer.lease);
      try {
        // Acquires and reads in one round trip: the last holder may just have stored its answer.
        const acquiring = leases.acquire('call', answer.lease, LEASE_MS);
        const found = await find(answer, request).catch((error: unknown) => {
          // No call was made: a waiting gateway takes over the lease.
          track(acquiring.then((acquired) => release(answer, acquired ?? null, 'over')));
          throw error;
        });
        const lease = await acquiring;
        if (found?.loaded) {
          void release(answer, lease ?? null, 'stored');
          return found.loaded;
        }
        const epoch = found?.epoch ?? null;
        if (lease) return await callAndShare(answer, request, epoch, lease);
        const outcome = lease === null ? await expected.outcome(LEASE_MS, request.signal) : 'down';
        if (outcome === 'over' && waits < MAX_WAITS) continue;
        const stored = outcome === 'stored' ? await find(answer, request) : null;
        return stored?.loaded ?? (await callAndShare(answer, request, epoch, null));
      } finally {
        expected.end();
      }
    }
  }

  /** Null if Valkey does not answer. */
  async function find<T>(answer: SharedAnswer, request: SharedRequest<T>): Promise<Found<T> | null> {
    const state = await answer.read();
    if (!state) {
      metrics.sharedRead('unavailable');
      return null;
    }
    let looks = 0;
    const loaded = await request.find({
      ...state,
      answer() {
        looks += 1;
        return state.answer();
      },
    });
    // An answer that this gateway has cached meanwhile does not count as a shared read.
    if (looks > 0) metrics.sharedRead(loaded ? 'hit' : 'miss');
    return { loaded, epoch: state.epoch };
  }

  async function callAndShare<T>(
    answer: SharedAnswer,
    request: SharedRequest<T>,
    epoch: string | null,
    lease: Lease | null,
  ): Promise<Loaded<T>> {
    const stopExtending = lease ? extend(lease) : () => undefined;
    const end = async (outcome: AnnouncedOutcome) => {
      stopExtending();
      await release(answer, lease, outcome);
    };
    try {
      const called = await request.call();
      // Requests do not wait until the answer is stored. If `sharedMs` throws, nothing is shared, and the run store reports the
      // error.
      track(
        share(answer, request, called, epoch)
          .catch(() => false)
          .then((isStored) => end(isStored ? 'stored' : 'failed')),
      );
      return called;
    } catch (error) {
      // If no request waits here any more, a waiting gateway takes over the lease.
      void end(error instanceof AbandonedError ? 'over' : 'failed');
      throw error;
    }
  }

  async function release(answer: SharedAnswer, lease: Lease | null, outcome: AnnouncedOutcome): Promise<void> {
    if (lease) await Promise.all([lease.release(), calls.announce(answer.lease, outcome)]);
  }

  async function share<T>(
    answer: SharedAnswer,
    request: SharedRequest<T>,
    { cached, isProof, body }: Called<T>,
    known: string | null,
  ): Promise<boolean> {
    const epoch = isProof ? await answer.renew(cached.sentAt) : known;
    if (epoch === null || body === undefined || (body?.length ?? 0) > MAX_SHARED_BYTES) return false;
    const { sentAt, fetchedAt } = cached;
    const stored = { sentAt, fetchedAt, epoch, body };
    const related = request.related();
    const sharedMs = request.sharedMs(cached);
    const isStored = sharedMs > 0 && (await answer.store(stored, sharedMs));
    if (related && sharedMs !== Infinity) {
      const isFinal = () => request.sharedMs(cached) === Infinity;
      track(related.then(() => isFinal() && answer.store(stored, Infinity)).catch(() => false));
    }
    return isStored;
  }

  return {
    load,
    withdraw(viewer, hadRight) {
      const identity = identityOf(viewer);
      const epochs = keys.names('epoch', source, identity).map(({ text }) => text);
      withdrawals.withdraw(viewer.id, { ids: keys.viewerIds(identity), epochs, hadRight });
    },
    onWithdrawn: withdrawals.listen,
    /** Waits for stores in progress. */
    async close() {
      while (underWay.size > 0) await Promise.all(underWay);
      withdrawals.close();
      calls.close();
    },
  };
}

/** Returns a function that stops extending. */
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
