import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFleetTurns, type FleetTurns } from '../../src/runs/live/fleet-turns.ts';
import { createLivePoller, type LivePoller, type PollResult } from '../../src/runs/live/live-poller.ts';
import type { RunReading, Snapshot } from '../../src/runs/live/snapshot.ts';
import { createManualClock } from '../harness/clock.ts';
import { createSimulatedValkey } from '../support/fleet/simulated-valkey.ts';
import { settle } from '../support/operations.ts';
import { createComparedStates } from '../support/compared-states.ts';
import { readingOf, stepsIn, watch, type Watching } from '../support/poller.ts';

const LIVE_TTL_MS = 1000;
const LATENCY_MS = 40;
const STRIDE_MS = 50;
const GATEWAYS = 3;
/** Longer than the slowest cadence, a lost lease and a poll. */
const LONG_MS = 9000;

type Command =
  | { readonly kind: 'CHANGE' | 'FINISH' | 'DOWN' | 'UP' }
  | { readonly kind: 'JOIN' | 'KILL'; readonly which: number }
  | { readonly kind: 'LEAVE'; readonly which: number }
  | { readonly kind: 'PASS'; readonly ms: number };

const which = fc.nat(GATEWAYS - 1);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'CHANGE' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'FINISH' } as const) },
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'DOWN' } as const, { kind: 'UP' } as const) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('JOIN' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('LEAVE' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('KILL' as const), which }) },
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('PASS' as const), ms: fc.integer({ min: 1, max: 4000 }) }) },
);

interface Answer {
  readonly steps: number;
  readonly isFinal: boolean;
  readonly sentAt: number;
  readonly fetchedAt: number;
}

interface Gateway {
  isGone: boolean;
  cached: Answer | null;
  poller: LivePoller<Snapshot> | null;
  readonly turns: FleetTurns;
  readonly readers: Set<Watching>;
}

/** Gateways that watch one run, over a shared tier with one call for all who ask at the same time. */
function createFleet() {
  const clock = createManualClock();
  const valkey = createSimulatedValkey(clock);
  const calls: number[] = [];
  const upstream = { steps: 1, isFinal: false, changedAt: clock.now() };
  let shared: Answer | null = null;
  let underWay: { readonly by: Gateway; readonly answer: Promise<Answer> } | null = null;

  const isFresh = (answer: Answer | null): answer is Answer =>
    answer !== null && (answer.isFinal || clock.now() < answer.fetchedAt + LIVE_TTL_MS);

  function call(by: Gateway): Promise<Answer> {
    const { steps, isFinal } = upstream;
    const sentAt = clock.now();
    calls.push(sentAt);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    clock.after(LATENCY_MS, () => {
      if (underWay?.answer === promise) underWay = null;
      if (by.isGone) return;
      const answer = { steps, isFinal, sentAt, fetchedAt: clock.now() };
      if (valkey.isUp && sentAt > (shared?.sentAt ?? 0)) shared = answer;
      resolve(answer);
    });
    if (valkey.isUp) underWay = { by, answer: promise };
    return promise;
  }

  async function load(gateway: Gateway, isAnnounced: boolean): Promise<Answer> {
    if (isFresh(gateway.cached) && !isAnnounced) return gateway.cached;
    if (valkey.isUp && isFresh(shared)) return shared;
    return valkey.isUp && underWay && !underWay.by.isGone ? underWay.answer : call(gateway);
  }

  async function read(gateway: Gateway, isAnnounced: boolean): Promise<PollResult<RunReading>> {
    const answer = await load(gateway, isAnnounced);
    gateway.cached = answer;
    const { steps, isFinal, sentAt, fetchedAt } = answer;
    const untilMs = isFinal ? Infinity : fetchedAt + LIVE_TTL_MS;
    return { reading: readingOf(steps, sentAt, { fetchedAt, isFinal }), untilMs };
  }

  const { states, compared } = createComparedStates();

  function createGateway(): Gateway {
    const after = (ms: number, task: () => void) =>
      clock.after(ms, () => {
        if (!gateway.isGone) task();
      });
    const connection = valkey.connect(() => gateway.isGone);
    const turns = createFleetTurns({ ...connection, after });
    const gateway: Gateway = { isGone: false, cached: null, poller: null, turns, readers: new Set() };
    return gateway;
  }

  function openPoller(gateway: Gateway): LivePoller<Snapshot> {
    const poller = createLivePoller({
      states,
      read: ({ isAnnounced }) => read(gateway, isAnnounced),
      joinTurns: gateway.turns.of('run'),
      isRightKnown: () => true,
      liveTtlMs: LIVE_TTL_MS,
      now: clock.now,
      after: (ms, task) =>
        clock.after(ms, () => {
          if (!gateway.isGone) task();
        }),
      onOver() {
        if (gateway.poller === poller) gateway.poller = null;
      },
    });
    return poller;
  }

  const gateways = Array.from({ length: GATEWAYS }, createGateway);

  function joinAt(index: number): Watching {
    const gateway = gateways[index];
    if (!gateway) throw new Error(`expected a gateway ${index}`);
    gateway.poller ??= openPoller(gateway);
    const reader = watch(gateway.poller);
    gateway.readers.add(reader);
    return reader;
  }

  /** Another process takes its place; its clients connect again, to the one beside it. */
  function kill(index: number): void {
    const gateway = gateways[index];
    if (!gateway) return;
    gateway.isGone = true;
    gateways[index] = createGateway();
    gateway.readers.forEach(() => joinAt((index + 1) % GATEWAYS));
  }

  async function pass(ms: number, look: () => void = () => undefined): Promise<void> {
    for (let left = ms; left > 0; left -= STRIDE_MS) {
      for (const gateway of gateways) for (const reader of gateway.readers) await reader.pull();
      clock.advance(Math.min(STRIDE_MS, left));
      await compared();
      look();
    }
  }

  return { clock, valkey, calls, upstream, gateways, joinAt, kill, pass };
}

type Fleet = ReturnType<typeof createFleet>;
const readersOf = ({ gateways }: Fleet): Watching[] => gateways.flatMap(({ readers }) => [...readers]);
const last = ({ given }: Watching): number => {
  const snapshot = given.at(-1);
  return snapshot ? stepsIn(snapshot) : 0;
};

async function play(commands: readonly Command[]): Promise<Fleet> {
  const fleet = createFleet();
  const { upstream, valkey } = fleet;
  for (const step of commands) {
    if (step.kind === 'CHANGE') upstream.steps += upstream.isFinal ? 0 : 1;
    else if (step.kind === 'FINISH') upstream.isFinal = true;
    else if (step.kind === 'DOWN') valkey.isUp = false;
    else if (step.kind === 'UP') valkey.isUp = true;
    else if (step.kind === 'JOIN') fleet.joinAt(step.which);
    else if (step.kind === 'KILL') fleet.kill(step.which);
    else if (step.kind === 'PASS') await fleet.pass(step.ms);
    else if ('which' in step) {
      const readers = fleet.gateways[step.which]?.readers ?? new Set();
      for (const reader of readers) await reader.leave();
      readers.clear();
    }
  }
  valkey.isUp = true;
  await fleet.pass(LONG_MS);
  return fleet;
}

describe('the pollers of a fleet, whatever happens', () => {
  it('give everybody each state in order up to the latest, and end alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        const fleet = await play(commands);
        for (const reader of readersOf(fleet)) {
          const seen = reader.given.map(stepsIn);
          expect(seen).toEqual([...seen].sort((one, another) => one - another));
          expect([last(reader), reader.outcome]).toEqual([
            fleet.upstream.steps,
            fleet.upstream.isFinal ? 'DONE' : 'WAITING',
          ]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('come to one that polls, at the pace of one gateway', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        const fleet = await play(commands.filter(({ kind }) => kind !== 'FINISH'));
        fleet.joinAt(0);
        fleet.joinAt(1);
        fleet.joinAt(2);
        await fleet.pass(LONG_MS);
        const roles = fleet.gateways.map(({ turns }) => turns.roles);
        expect(roles.reduce((sum, { leader }) => sum + leader, 0)).toBe(1);
        expect(roles.reduce((sum, { follower }) => sum + follower, 0)).toBe(GATEWAYS - 1);
        // Nothing changes: it has slowed to five times LIVE_TTL_MS.
        await fleet.pass(15_000);
        const before = fleet.calls.length;
        await fleet.pass(25_000);
        expect(fleet.calls.length - before).toBeLessThanOrEqual(5);
        expect(fleet.calls.length - before).toBeGreaterThanOrEqual(4);
      }),
      { numRuns: 30 },
    );
  });

  it('are silent for three intervals and a poll at most, when one that polls is killed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3000 }), fc.boolean(), async (killAfterMs, isUp) => {
        const fleet = createFleet();
        fleet.valkey.isUp = isUp;
        for (let index = 0; index < GATEWAYS; index += 1) fleet.joinAt(index);
        const heard = new Map<Watching, { readonly atMs: number; readonly steps: number }>();
        let longest = 0;
        // Each poll brings a change.
        const look = () => {
          fleet.upstream.steps += 1;
          for (const reader of readersOf(fleet)) {
            const { atMs, steps } = heard.get(reader) ?? { atMs: fleet.clock.now(), steps: 0 };
            if (last(reader) === steps) continue;
            longest = Math.max(longest, fleet.clock.now() - atMs);
            heard.set(reader, { atMs: fleet.clock.now(), steps: last(reader) });
          }
        };
        await fleet.pass(3000 + killAfterMs, look);
        const leader = fleet.gateways.findIndex(({ turns }) => turns.roles.leader > 0);
        fleet.kill(Math.max(0, leader));
        await fleet.pass(6000, look);
        expect(longest).toBeLessThanOrEqual(3 * LIVE_TTL_MS + LATENCY_MS + 2 * STRIDE_MS);
        expect(longest).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });

  it('do not poll faster because a gateway has just begun to watch', async () => {
    const fleet = createFleet();
    fleet.joinAt(0);
    await fleet.pass(30_000);
    const before = fleet.calls.length;
    fleet.joinAt(1);
    await fleet.pass(10_000);
    // One for the newcomer, and those of a run that does not change.
    expect(fleet.calls.length - before).toBeLessThanOrEqual(3);
  });

  it('hand over at once when the last subscriber of the one that polls leaves', async () => {
    const fleet = createFleet();
    for (let index = 0; index < GATEWAYS; index += 1) fleet.joinAt(index);
    await fleet.pass(3000);
    const leader = fleet.gateways.find(({ turns }) => turns.roles.leader > 0);
    for (const reader of leader?.readers ?? []) await reader.leave();
    await settle();
    expect(leader?.turns.roles).toEqual({ leader: 0, follower: 0, alone: 0 });
    const others = fleet.gateways.filter((gateway) => gateway !== leader);
    expect(others.map(({ turns }) => turns.roles.leader).sort()).toEqual([0, 1]);
  });
});
