import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type Resource, type Served } from '../../src/runs/resource-cache.ts';
import { createHoldingCache } from '../support/cache.ts';
import type { UpstreamAnswer, CallOptions } from '../../src/upstream/client.ts';
import { AbandonedError, GatewayError, isAccessDenied } from '../../src/upstream/errors.ts';
import { createManualClock } from '../harness/clock.ts';
import { operationOf, settle, viewerOf } from '../support/operations.ts';

const LIVE_TTL_MS = 2000;
const REAUTH_INTERVAL_MS = 10_000;
const STALE_IF_ERROR_MS = 20_000;
const MISS_MS = 1000;
const VALUE_BYTES = 100;
/** Room for the three viewers and some four of their six values. */
const MAX_BYTES = 4000;

const VIEWERS = ['ada', 'bob', 'eve'];
/** Of one workflow, and of another. */
const KEYS = ['k1', 'k2'];

type Outcome = 'live' | 'final' | '401' | '403' | '404' | '503';
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('live', 'final') },
  { weight: 1, arbitrary: fc.constantFrom('401', '403') },
  { weight: 1, arbitrary: fc.constant('404') },
  { weight: 3, arbitrary: fc.constant('503') },
);

type Action =
  | { readonly do: 'load'; readonly viewer: string; readonly key: string }
  /** `pick` chooses among what is open at that moment. */
  | { readonly do: 'answer'; readonly pick: number; readonly outcome: Outcome }
  | { readonly do: 'leave'; readonly pick: number }
  | { readonly do: 'wait'; readonly ms: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('load'),
      viewer: fc.constantFrom(...VIEWERS),
      key: fc.constantFrom(...KEYS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('answer'), pick: fc.nat(7), outcome }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave'), pick: fc.nat(7) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.constantFrom(1, 500, MISS_MS, LIVE_TTL_MS - 1, LIVE_TTL_MS, REAUTH_INTERVAL_MS, STALE_IF_ERROR_MS),
    }),
  },
);

const ERRORS: Readonly<Record<Exclude<Outcome, 'live' | 'final'>, () => GatewayError>> = {
  401: () => new GatewayError('UNAUTHENTICATED', 'no'),
  403: () => new GatewayError('FORBIDDEN', 'no'),
  404: () => new GatewayError('NOT_FOUND', 'no'),
  503: () => new GatewayError('UPSTREAM_UNAVAILABLE', 'down'),
};

/** An answer of the upstream: it names the call that fetched it. */
interface Value {
  readonly call: UpstreamCall;
  readonly isFinal: boolean;
}

interface UpstreamCall {
  readonly viewer: string;
  readonly key: string;
  /** Its positions in the order of all events, and the times. */
  readonly startedAs: number;
  readonly startedAt: number;
  answeredAs: number | null;
  /** The action in which it was answered. */
  answeredIn: number | null;
  /** A denial: whether it evicts everything of the viewer. */
  evicts: boolean;
  outcome: Outcome | 'abandoned' | null;
  readonly end: (outcome: Outcome) => void;
  readonly signal: AbortSignal;
}

interface Load {
  readonly viewer: string;
  readonly key: string;
  readonly client: AbortController;
  isSettled: boolean;
}

type Count = 'called' | 'cached' | 'stale' | 'denied' | 'repeated' | 'missing' | 'failed' | 'left' | 'overtaken';

/**
 * Plays the actions on a real cache, and throws where an answer or a call violates an invariant. Most calls for the key that is `forbidden`
 * are denied.
 */
async function play(
  actions: readonly Action[],
  forbidden: string | null,
  counts: Record<Count, number>,
): Promise<void> {
  const clock = createManualClock();
  const options = { liveTtlMs: LIVE_TTL_MS, staleIfErrorMs: STALE_IF_ERROR_MS, reauthIntervalMs: REAUTH_INTERVAL_MS };
  const cache = createHoldingCache({ ...options, maxBytes: MAX_BYTES, now: clock.now });
  const calls: UpstreamCall[] = [];
  const loads: Load[] = [];
  /** What viewers were denied by 403, and not allowed since. */
  const denials = new Set<string>();
  let events = 0;
  let turn = 0;

  const isUnderWay = (call: UpstreamCall) => call.outcome === null;

  function fetch(key: string, { credential, signal }: CallOptions): Promise<UpstreamAnswer<Value>> {
    const twin = calls.find((call) => isUnderWay(call) && call.viewer === credential && call.key === key);
    if (twin) throw new Error(`a second call for ${key} of ${credential} while one is under way`);
    return new Promise((resolve, reject) => {
      const note = (outcome: Outcome | 'abandoned') => {
        call.outcome = outcome;
        call.answeredAs = events++;
        call.answeredIn = turn;
        const place = `${credential} ${key}`;
        call.evicts = outcome === '401' || (outcome === '403' && !denials.has(place));
        if (outcome === '403') denials.add(place);
        if (outcome === 'live' || outcome === 'final') denials.delete(place);
        if (outcome === '403' && !call.evicts && cache.hasProvenRight(viewerOf(credential))) counts.repeated += 1;
      };
      const call: UpstreamCall = {
        viewer: credential,
        key,
        startedAs: events++,
        startedAt: clock.now(),
        answeredAs: null,
        answeredIn: null,
        evicts: false,
        outcome: null,
        signal,
        end(outcome) {
          note(outcome);
          if (outcome !== 'live' && outcome !== 'final') reject(ERRORS[outcome]());
          else
            resolve({
              value: { call, isFinal: outcome === 'final' },
              sizeBytes: VALUE_BYTES,
            });
        },
      };
      signal.addEventListener('abort', () => {
        if (!isUnderWay(call)) return;
        note('abandoned');
        reject(new AbandonedError());
      });
      calls.push(call);
    });
  }

  const resources = KEYS.map((key): Resource<Value> => ({
    key,
    endpoint: 'runs',
    workflowId: `wf of ${key}`,
    fetch: (call) => fetch(key, call),
    lifetimeMs: ({ value }) => (value.isFinal ? Infinity : LIVE_TTL_MS),
  }));

  const answered = (viewer: string, isWanted: (call: UpstreamCall) => boolean) =>
    calls.filter((call) => call.viewer === viewer && call.answeredAs !== null && isWanted(call));

  /** The last denial that was news. */
  const lastEviction = (viewer: string): number =>
    Math.max(-1, ...answered(viewer, ({ evicts }) => evicts).map(({ answeredAs }) => answeredAs ?? -1));

  /** The calls that prove the viewer's right: successful ones that were sent after that. */
  const proofs = (viewer: string) =>
    answered(
      viewer,
      ({ outcome, startedAs }) => (outcome === 'live' || outcome === 'final') && startedAs > lastEviction(viewer),
    );

  function checkServed({ viewer, key }: Load, { cached, staleReason }: Served<Value>): void {
    const { call, isFinal } = cached.value;
    // Isolation: the value was fetched with this viewer's key, for this resource.
    expect({ viewer: call.viewer, key: call.key }).toEqual({ viewer, key });
    if (call.answeredIn === turn) {
      expect(staleReason).toBeNull();
      counts.called += 1;
      return;
    }
    // Denials: nothing that was cached before one that is news is ever served.
    expect(call.startedAs).toBeGreaterThan(lastEviction(viewer));
    const lifetimeMs = isFinal ? Infinity : LIVE_TTL_MS;
    const provenAt = Math.max(...proofs(viewer).map(({ startedAt }) => startedAt));
    if (staleReason === null) {
      // Freshness: within its lifetime, and while the viewer's right is proven.
      expect(clock.now() - cached.fetchedAt).toBeLessThan(lifetimeMs);
      const isRenewedNow = proofs(viewer).some(({ answeredIn }) => answeredIn === turn);
      expect(isRenewedNow || clock.now() - provenAt < REAUTH_INTERVAL_MS).toBe(true);
      counts.cached += 1;
    } else {
      // Stale-if-error: only after a recent failure, and for a limited time.
      expect(staleReason).toBe('UPSTREAM_UNAVAILABLE: down');
      const staleSince = Math.min(cached.fetchedAt + lifetimeMs, provenAt + REAUTH_INTERVAL_MS);
      expect(clock.now()).toBeLessThanOrEqual(staleSince + STALE_IF_ERROR_MS);
      counts.stale += 1;
    }
  }

  function checkFailed({ viewer, key, client }: Load, error: unknown): void {
    if (error instanceof AbandonedError) {
      // Only a client that left gets an AbandonedError.
      expect(client.signal.aborted).toBe(true);
      counts.left += 1;
      return;
    }
    if (!(error instanceof GatewayError)) throw error;
    const ended = (wanted: readonly (Outcome | 'abandoned')[]) =>
      answered(viewer, (call) => call.answeredIn === turn && wanted.includes(call.outcome ?? '503'));
    if (isAccessDenied(error)) {
      // Only those who waited for the denied call get its error.
      expect(ended(['401', '403'])).not.toHaveLength(0);
      counts.denied += 1;
    } else if (error.code === 'NOT_FOUND') {
      const misses = answered(viewer, (call) => call.key === key && call.outcome === '404').map(
        ({ answeredIn }) => answeredTimes.get(answeredIn ?? -1) ?? -Infinity,
      );
      expect(ended(['404']).length > 0 || clock.now() - Math.max(...misses) < MISS_MS).toBe(true);
      counts.missing += 1;
    } else {
      expect(error.code).toBe('UPSTREAM_UNAVAILABLE');
      const failures = answered(viewer, (call) => call.outcome === '503').map(
        ({ answeredIn }) => answeredTimes.get(answeredIn ?? -1) ?? -Infinity,
      );
      expect(clock.now() - Math.max(...failures)).toBeLessThan(LIVE_TTL_MS);
      counts.failed += 1;
    }
  }

  /** Turn → the clock in it. */
  const answeredTimes = new Map<number, number>();
  const broken: unknown[] = [];

  function load(viewer: string, key: string): void {
    const resource = resources[KEYS.indexOf(key)];
    if (!resource) throw new Error(`there is no ${key}`);
    const client = new AbortController();
    const entry: Load = { viewer, key, client, isSettled: false };
    loads.push(entry);
    void cache
      .get(resource, operationOf(viewer, { signal: client.signal }))
      .then(
        (served) => {
          checkServed(entry, served);
        },
        (error: unknown) => {
          checkFailed(entry, error);
        },
      )
      .catch((reason: unknown) => broken.push(reason))
      .finally(() => {
        entry.isSettled = true;
      });
  }

  async function perform(action: Action): Promise<void> {
    turn += 1;
    answeredTimes.set(turn, clock.now());
    const openCalls = calls.filter(isUnderWay);
    const openLoads = loads.filter(({ isSettled }) => !isSettled);
    if (action.do === 'load') load(action.viewer, action.key);
    else if (action.do === 'wait') clock.advance(action.ms);
    else if (action.do === 'leave') openLoads[action.pick % openLoads.length]?.client.abort();
    else {
      const call = openCalls[action.pick % openCalls.length];
      if (call && call.startedAs < lastEviction(call.viewer)) counts.overtaken += 1;
      call?.end(call.key === forbidden && action.pick > 1 ? '403' : action.outcome);
    }
    await settle();
    if (broken.length > 0) throw broken[0];

    expect(cache.cachedBytes).toBeLessThanOrEqual(MAX_BYTES);
    for (const viewer of VIEWERS) {
      const isProven = cache.hasProvenRight(viewerOf(viewer));
      // Nothing is kept of a viewer before a call of it succeeded, or after a denial that is news.
      if (isProven) expect(proofs(viewer)).not.toHaveLength(0);
    }
    // Each waiting request waits for a call that will be answered.
    const waitsForNothing = loads.filter(
      ({ isSettled, viewer }) => !isSettled && !calls.some((call) => isUnderWay(call) && call.viewer === viewer),
    );
    expect(waitsForNothing).toEqual([]);
  }

  for (const action of actions) await perform(action);
  while (calls.some(isUnderWay)) await perform({ do: 'answer', pick: 0, outcome: 'live' });
  expect(loads.filter(({ isSettled }) => !isSettled)).toEqual([]);
}

describe('the resource cache, for any order of requests, answers, denials, outages, disconnects and time', () => {
  const unhandled = jest.fn();
  beforeAll(() => {
    process.on('unhandledRejection', unhandled);
  });
  afterAll(() => {
    process.off('unhandledRejection', unhandled);
  });

  it('isolates viewers, serves nothing from before a denial or past its lifetime, makes single calls, and lets no request hang', async () => {
    const counts = {
      called: 0,
      cached: 0,
      stale: 0,
      denied: 0,
      repeated: 0,
      missing: 0,
      failed: 0,
      left: 0,
      overtaken: 0,
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 1, maxLength: 80, size: 'max' }),
        fc.constantFrom(...KEYS, null),
        (actions, forbidden) => play(actions, forbidden, counts),
      ),
      { seed: 20_261_124, numRuns: 200 },
    );
    expect(unhandled).not.toHaveBeenCalled();
    // Each outcome occurred many times; otherwise the checks above would prove little.
    for (const [way, count] of Object.entries(counts)) expect([way, count > 10]).toEqual([way, true]);
  });
});
