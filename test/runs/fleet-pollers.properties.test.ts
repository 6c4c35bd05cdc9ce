/**
 * White-box: the poller and its turns as one state machine, for three gateways on a manual clock. Leases end by
 * Valkey's own clock, so random schedules cannot run on a real fleet.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Announcements } from '../../src/fleet/announcements.ts';
import type { Lease, Leases } from '../../src/fleet/leases.ts';
import { createFleetTurns, type FleetTurns } from '../../src/fleet/turns.ts';
import { createLivePoller, type LivePoller } from '../../src/runs/live/live-poller.ts';
import type { LiveStates } from '../../src/runs/live/live-state.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';

const LIVE_TTL_MS = 1000;
const LATENCY_MS = 40;
const STRIDE_MS = 50;
const GATEWAYS = 3;
/** Longer than the slowest interval, a lost lease and a poll. */
const LONG_MS = 9000;

const OUTAGE = new GatewayError('UPSTREAM_UNAVAILABLE', 'it fails');
/** The calling gateway was killed. */
const ABANDONED = new Error('abandoned');

type Plain = 'CHANGE' | 'FINISH' | 'DOWN' | 'UP' | 'FAULT' | 'MEND';
type Command =
  | { readonly kind: 'PASS'; readonly ms: number }
  | { readonly kind: 'JOIN' | 'KILL' | 'LEAVE'; readonly which: number }
  | { readonly kind: Plain };

const which = fc.nat(GATEWAYS - 1);
const command = fc.oneof<fc.WeightedArbitrary<Command>[]>(
  { weight: 6, arbitrary: fc.constant({ kind: 'CHANGE' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'FINISH' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('DOWN', 'UP', 'FAULT', 'MEND') }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('JOIN'), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('LEAVE', 'KILL'), which }) },
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('PASS'), ms: fc.integer({ min: 1, max: 4000 }) }) },
);

interface Answer {
  readonly steps: number;
  readonly isFinal: boolean;
  readonly sentAt: number;
  readonly fetchedAt: number;
}

interface State extends Answer {
  readonly sequence: number;
  readonly isStale: boolean;
}

function next(latest: State | null, answer: Answer, isStale: boolean): State {
  const isSame = latest?.steps === answer.steps && latest.isFinal === answer.isFinal && latest.isStale === isStale;
  return { ...answer, isStale, sequence: (latest?.sequence ?? 0) + (isSame ? 0 : 1) };
}

const states: LiveStates<State, Answer> = {
  follow: (latest, answer) => next(latest, answer, false),
  afterFault: (latest) => latest && next(latest, latest, true),
  forNewcomer(state) {
    if (state.isStale) throw OUTAGE;
    return state;
  },
  isSameFetch: (one, another) => one.fetchedAt === another.fetchedAt,
  requestedAt: ({ sentAt }) => sentAt,
  isStale: ({ isStale }) => isStale,
  isWhole: ({ isStale }) => !isStale,
  isFinal: ({ isFinal, isStale }) => isFinal && !isStale,
  dueMs: (_state, untilMs) => untilMs,
};

/** Leases and announcements on the manual clock. */
function createValkey(clock: ManualClock) {
  const leases = new Map<string, { readonly holder: symbol; untilMs: number }>();
  const listeners = new Set<(payload: string) => void>();
  const holderOf = (name: string): symbol | null => {
    const lease = leases.get(name);
    return lease && clock.now() < lease.untilMs ? lease.holder : null;
  };

  const valkey = {
    isUp: true,
    connect(isGone: () => boolean): { readonly leases: Leases; readonly announcements: Announcements } {
      const isAway = () => !valkey.isUp || isGone();
      const leaseOf = (name: string, holder: symbol): Lease => ({
        name,
        extend(ms) {
          if (isAway()) return Promise.resolve(undefined);
          const isOurs = holderOf(name) === holder;
          if (isOurs) leases.set(name, { holder, untilMs: clock.now() + ms });
          return Promise.resolve(isOurs);
        },
        release() {
          if (!isAway() && holderOf(name) === holder) leases.delete(name);
          return Promise.resolve();
        },
      });
      return {
        leases: {
          acquire(_purpose, name, ms) {
            if (isAway()) return Promise.resolve(undefined);
            if (holderOf(name) !== null) return Promise.resolve(null);
            const holder = Symbol(name);
            leases.set(name, { holder, untilMs: clock.now() + ms });
            return Promise.resolve(leaseOf(name, holder));
          },
        },
        announcements: {
          announce(_purpose, payload) {
            if (!isAway()) for (const listener of listeners) listener(payload);
            return Promise.resolve(!isAway());
          },
          listen(_purpose, listener) {
            const hear = (payload: string) => {
              if (!isGone()) listener(payload);
            };
            listeners.add(hear);
            return () => void listeners.delete(hear);
          },
          close: () => undefined,
        },
      };
    },
  };
  return valkey;
}

interface Reader {
  readonly given: readonly State[];
  outcome: 'WAITING' | 'DONE' | 'FAILED';
  leave(): Promise<unknown>;
}

function readAll(poller: LivePoller<State>): Reader {
  const iterator = poller.watch(() => undefined);
  const given: State[] = [];
  const reader: Reader = { given, outcome: 'WAITING', leave: () => Promise.resolve(iterator.return?.()) };
  async function read(): Promise<void> {
    for await (const state of iterator) given.push(state);
  }
  read().then(
    () => (reader.outcome = 'DONE'),
    () => (reader.outcome = 'FAILED'),
  );
  return reader;
}

interface Gateway {
  isGone: boolean;
  cached: Answer | null;
  poller: LivePoller<State> | null;
  readonly after: ManualClock['after'];
  readonly turns: FleetTurns;
  readonly readers: Set<Reader>;
}

/** Gateways that watch one run over a shared tier, with one call for concurrent requests. */
function createFleet() {
  const clock = createManualClock();
  const valkey = createValkey(clock);
  const calls: number[] = [];
  const upstream = { steps: 1, isFinal: false, isFaulty: false };
  let shared: Answer | null = null;
  let underWay: Promise<Answer> | null = null;

  const isFresh = (answer: Answer | null): answer is Answer =>
    answer !== null && (answer.isFinal || clock.now() < answer.fetchedAt + LIVE_TTL_MS);

  function call(by: Gateway): Promise<Answer> {
    const { steps, isFinal, isFaulty } = upstream;
    const sentAt = clock.now();
    calls.push(sentAt);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    clock.after(LATENCY_MS, () => {
      if (underWay === promise) underWay = null;
      if (by.isGone || isFaulty) {
        reject(by.isGone ? ABANDONED : OUTAGE);
        return;
      }
      const answer = { steps, isFinal, sentAt, fetchedAt: clock.now() };
      if (valkey.isUp && sentAt > (shared?.sentAt ?? 0)) shared = answer;
      resolve(answer);
    });
    if (valkey.isUp) underWay = promise;
    return promise;
  }

  async function load(gateway: Gateway, isAnnounced: boolean): Promise<Answer> {
    if (isFresh(gateway.cached) && !isAnnounced) return gateway.cached;
    if (valkey.isUp && isFresh(shared)) return shared;
    if (!valkey.isUp || !underWay) return call(gateway);
    return underWay.catch((error: unknown) => {
      if (error === ABANDONED) return call(gateway);
      throw error;
    });
  }

  function createGateway(): Gateway {
    const after: ManualClock['after'] = (ms, task) =>
      clock.after(ms, () => {
        if (!gateway.isGone) task();
      });
    const turns = createFleetTurns({ ...valkey.connect(() => gateway.isGone), after });
    const gateway: Gateway = { isGone: false, cached: null, poller: null, after, turns, readers: new Set() };
    return gateway;
  }

  function openPoller(gateway: Gateway): LivePoller<State> {
    const poller = createLivePoller<State, Answer>({
      states,
      async read({ isAnnounced }) {
        const reading = await load(gateway, isAnnounced);
        gateway.cached = reading;
        return { reading, untilMs: reading.isFinal ? Infinity : reading.fetchedAt + LIVE_TTL_MS };
      },
      joinTurns: gateway.turns.of('run'),
      isRightKnown: () => true,
      liveTtlMs: LIVE_TTL_MS,
      now: clock.now,
      after: gateway.after,
      onOver() {
        if (gateway.poller === poller) gateway.poller = null;
      },
    });
    return poller;
  }

  const gateways = Array.from({ length: GATEWAYS }, createGateway);

  function joinAt(index: number): void {
    const gateway = gateways[index];
    if (!gateway) throw new Error(`expected a gateway ${index}`);
    gateway.poller ??= openPoller(gateway);
    gateway.readers.add(readAll(gateway.poller));
  }

  /** Another process replaces it, and its clients connect to the next gateway. */
  function kill(index: number): void {
    const gateway = gateways[index];
    if (!gateway) return;
    gateway.isGone = true;
    gateways[index] = createGateway();
    gateway.readers.forEach(() => {
      joinAt((index + 1) % GATEWAYS);
    });
  }

  async function leaveAt(index: number): Promise<void> {
    const readers = gateways[index]?.readers ?? new Set();
    for (const reader of readers) await reader.leave();
    readers.clear();
  }

  /** Small steps, so that each timer's work is done before the next timer fires. */
  async function pass(ms: number, look: () => void = () => undefined): Promise<void> {
    for (let left = ms; left > 0; left -= STRIDE_MS) {
      clock.advance(Math.min(STRIDE_MS, left));
      await new Promise(setImmediate);
      look();
    }
  }

  const readers = () => gateways.flatMap((gateway) => [...gateway.readers]);
  const polling = (role: 'leader' | 'follower') => gateways.map(({ turns }) => turns.roles[role]);
  return { clock, valkey, calls, upstream, readers, polling, joinAt, leaveAt, kill, pass };
}

async function play(commands: readonly Command[]) {
  const fleet = createFleet();
  const { upstream, valkey } = fleet;
  for (const step of commands) {
    if (step.kind === 'PASS') await fleet.pass(step.ms);
    else if (step.kind === 'CHANGE') upstream.steps += upstream.isFinal ? 0 : 1;
    else if (step.kind === 'FINISH') upstream.isFinal = true;
    else if (step.kind === 'DOWN' || step.kind === 'UP') valkey.isUp = step.kind === 'UP';
    else if (step.kind === 'FAULT' || step.kind === 'MEND') upstream.isFaulty = step.kind === 'FAULT';
    else if (step.kind === 'JOIN') fleet.joinAt(step.which);
    else if (step.kind === 'KILL') fleet.kill(step.which);
    else if ('which' in step) await fleet.leaveAt(step.which);
  }
  valkey.isUp = true;
  upstream.isFaulty = false;
  await fleet.pass(LONG_MS);
  return fleet;
}

describe('the pollers of a fleet under random schedules', () => {
  it('send each state in order up to the last, to all subscribers without an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        const { readers, upstream } = await play(commands);
        for (const { given, outcome } of readers()) {
          const sequences = given.map(({ sequence }) => sequence);
          expect(sequences).toEqual([...new Set(sequences)].sort((one, another) => one - another));
          const seen = given.map(({ steps }) => steps);
          expect(seen).toEqual([...seen].sort((one, another) => one - another));
          if (outcome === 'FAILED') continue;
          const { steps, isFinal } = upstream;
          expect(given.at(-1)).toMatchObject({ steps, isFinal, isStale: false });
          expect(outcome).toBe(upstream.isFinal ? 'DONE' : 'WAITING');
        }
      }),
      { numRuns: 100 },
    );
  });

  it('converge to one polling gateway, with the interval of a single gateway', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        const fleet = await play(commands.filter(({ kind }) => kind !== 'FINISH'));
        for (let index = 0; index < GATEWAYS; index += 1) fleet.joinAt(index);
        await fleet.pass(LONG_MS);
        expect([fleet.polling('leader').sort(), fleet.polling('follower').sort()]).toEqual([
          [0, 0, 1],
          [0, 1, 1],
        ]);
        // Nothing changes, so the interval has grown to five times LIVE_TTL_MS.
        await fleet.pass(15_000);
        const before = fleet.calls.length;
        await fleet.pass(25_000);
        expect(fleet.calls.length - before).toBeLessThanOrEqual(5);
        expect(fleet.calls.length - before).toBeGreaterThanOrEqual(4);
        // A late subscriber costs one call, and the interval stays.
        await fleet.leaveAt(0);
        fleet.joinAt(0);
        await fleet.pass(10_000);
        expect(fleet.calls.length - before).toBeLessThanOrEqual(8);
      }),
      { numRuns: 30 },
    );
  });

  it('are silent for at most three intervals and a poll when the polling gateway is killed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3000 }), fc.boolean(), async (killAfterMs, isUp) => {
        const fleet = createFleet();
        fleet.valkey.isUp = isUp;
        for (let index = 0; index < GATEWAYS; index += 1) fleet.joinAt(index);
        const heard = new Map<Reader, { readonly atMs: number; readonly count: number }>();
        let longest = 0;
        // Each poll finds a change.
        const look = () => {
          fleet.upstream.steps += 1;
          for (const reader of fleet.readers()) {
            const { atMs, count } = heard.get(reader) ?? { atMs: fleet.clock.now(), count: -1 };
            if (reader.given.length === count) continue;
            longest = Math.max(longest, fleet.clock.now() - atMs);
            heard.set(reader, { atMs: fleet.clock.now(), count: reader.given.length });
          }
        };
        await fleet.pass(3000 + killAfterMs, look);
        fleet.kill(Math.max(0, fleet.polling('leader').indexOf(1)));
        await fleet.pass(6000, look);
        expect(longest).toBeLessThanOrEqual(3 * LIVE_TTL_MS + LATENCY_MS + 2 * STRIDE_MS);
        expect(longest).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });
});

it('a poller requests the lease again if it is released while the refusal of an earlier request is pending', async () => {
  const { after } = createManualClock();
  const answers: ((lease: Lease | null) => void)[] = [];
  let announceAs: (payload: string) => void = () => undefined;
  const turns = createFleetTurns({
    leases: { acquire: () => new Promise((resolve) => answers.push(resolve)) },
    announcements: {
      announce: () => Promise.resolve(true),
      listen(_purpose, listener) {
        announceAs = listener;
        return () => undefined;
      },
      close: () => undefined,
    },
    after,
  });
  let turnsTaken = 0;
  const listener = { intervalMs: 1000, onTurn: () => (turnsTaken += 1), onAnnounced: () => undefined };
  const own = turns.of('run')(listener);
  await new Promise(setImmediate);
  expect(answers).toHaveLength(1);
  announceAs('VACANT other run');
  answers[0]?.(null);
  await new Promise(setImmediate);
  // No time has passed, so no timer has fired.
  expect(answers).toHaveLength(2);
  answers[1]?.({ name: 'run', extend: () => Promise.resolve(true), release: () => Promise.resolve() });
  await new Promise(setImmediate);
  expect([turnsTaken, own.areOurs]).toEqual([1, true]);
});
