import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RunRecord } from '../../src/domain/types.ts';
import { createLivePollers, type LivePollers } from '../../src/runs/live/live-pollers.ts';
import type { Snapshot } from '../../src/runs/live/snapshot.ts';
import { createSubscriptionLimit } from '../../src/runs/live/subscription-limit.ts';
import { joinNobody } from '../../src/runs/live/turns.ts';
import type { DataRequirement } from '../../src/runs/loaders/run-loaders.ts';
import { createStartedRuns, type StartedRuns } from '../../src/runs/starts/started-runs.ts';
import type { WorkflowStore } from '../../src/runs/workflow-store.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { EPOCH_MS, graphOf, listed, ran, runRecord, workflowRecord } from '../support/facts.ts';
import { operationOf, settle as nextTurn, viewerOf } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';
import { createRunParts, scriptedApi, type RunPartsOptions } from '../support/run-parts.ts';

/** Lists are compared in pieces, on a busy machine in several turns of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
}

const LIVE_TTL_MS = 1000;
const REF = { workflowId: 'wf', runId: 'r1' };
const MAX_CALLS = 2;

const notFound = new GatewayError('NOT_FOUND', 'no such run');
const outage = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');
const END = { done: true, value: undefined };

describe('the pollers of runs', () => {
  let clock: ManualClock;
  let calls: string[];
  let record: RunRecord;
  let stepsFailure: GatewayError | null;
  /** What the record's answer waits for. */
  let recordIsDue: Promise<unknown>;
  let workflowStore: WorkflowStore;
  let pollers: LivePollers;
  let startedRuns: StartedRuns;
  /** The upstream knows no run. */
  let isUnknown: boolean;
  /** What each poller asked for its turns by. */
  let turns: string[];

  const answerOf = async <T>(name: string, value: T) => {
    calls.push(name);
    return Promise.resolve({ value, sizeBytes: 100 });
  };
  const api = scriptedApi({
    async getRun({ runId }) {
      if (isUnknown) {
        calls.push(`record ${runId}`);
        throw notFound;
      }
      const answer = answerOf(`record ${runId}`, record);
      await recordIsDue;
      return answer;
    },
    listSteps: ({ runId }) =>
      (stepsFailure ?? isUnknown)
        ? Promise.reject(stepsFailure ?? notFound)
        : answerOf(`steps ${runId}`, listed([ran('a', 0, 4), ran('b', 4, 10)])),
    listWorkflows: () => answerOf('workflows', [workflowRecord({ id: 'wf', graph: graphOf('a>b') })]),
  });

  function create(options: RunPartsOptions = {}) {
    const parts = createRunParts(api, clock, { liveTtlMs: LIVE_TTL_MS, ...options });
    ({ workflowStore } = parts);
    startedRuns = createStartedRuns({ fleet: null, source: '', now: clock.now });
    pollers = createLivePollers({
      cache: parts.cache,
      runStore: parts.store,
      workflowStore,
      startedRuns,
      liveTtlMs: LIVE_TTL_MS,
      maxUpstreamCalls: MAX_CALLS,
      countSubscription: createSubscriptionLimit(3),
      turnsOf: (_viewer, name) => {
        turns.push(name);
        return joinNobody;
      },
      now: clock.now,
      after: clock.after,
    });
  }

  beforeEach(() => {
    // Just after the end of the run: nothing of it has settled.
    clock = createManualClock(EPOCH_MS + 10_000);
    calls = [];
    turns = [];
    record = runRecord({ id: 'r1', rawStatus: 'running', endTime: null });
    stepsFailure = null;
    isUnknown = false;
    recordIsDue = Promise.resolve();
    create();
  });

  const watch = (requirement: DataRequirement = 'STEPS', key = 'ada', ref = REF) =>
    pollers.watch(ref, requirement, operationOf(key));
  async function stateOf(states: AsyncIterator<Snapshot, undefined>): Promise<Snapshot> {
    const result = await states.next();
    if (!result.value) throw new Error('expected a state');
    return result.value;
  }
  const isOver = async (states: AsyncIterator<Snapshot, undefined>) => {
    expect(await Promise.race([states.next(), settle()])).toEqual(END);
  };

  it('are one for all who watch a run for the same, whether or not they need its graph', async () => {
    await Promise.all([stateOf(watch()), stateOf(watch('GRAPH')), stateOf(watch())]);
    expect([calls, pollers.pollers]).toEqual([['record r1', 'steps r1'], 1]);
  });

  it('are others for its record alone, another viewer and another run, each with turns of its own', async () => {
    const states = [
      watch('RECORD'),
      watch('STEPS'),
      watch('STEPS', 'bob'),
      watch('STEPS', 'ada', { ...REF, runId: 'r2' }),
    ];
    for (const each of states) await stateOf(each);
    expect(pollers.pollers).toBe(4);
    expect([turns.length, new Set(turns).size]).toEqual([4, 3]);
    expect(calls.filter((call) => call.endsWith('r2'))).toHaveLength(2);
  });

  it('read the record alone where nothing else is watched', async () => {
    const { parts } = await stateOf(watch('RECORD'));
    expect([parts.steps, calls]).toEqual([null, ['record r1']]);
  });

  it('tell a change, and end with what is final', async () => {
    const states = watch();
    expect((await stateOf(states)).isFinal).toBe(false);
    record = runRecord({ id: 'r1' });
    clock.advance(LIVE_TTL_MS);
    await settle();
    clock.advance(LIVE_TTL_MS);
    await settle();
    expect((await stateOf(states)).isFinal).toBe(true);
    await isOver(states);
    expect([pollers.pollers, clock.pending]).toEqual([0, []]);
  });

  it('know that a run is over where its record came last', async () => {
    record = runRecord({ id: 'r1' });
    clock = createManualClock(EPOCH_MS + 60_000);
    create();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    recordIsDue = promise;
    const states = watch();
    const first = states.next();
    await settle();
    resolve(undefined);
    expect((await first).value?.isFinal).toBe(true);
    await isOver(states);
  });

  it('know that a run is over where its steps have reached the end of a graph that is known', async () => {
    create({ offersRecords: false });
    await workflowStore.recent(operationOf('ada'));
    const states = watch();
    expect((await stateOf(states)).isFinal).toBe(true);
    await isOver(states);
  });

  it('go on where the steps of a run that is over can not be had', async () => {
    record = runRecord({ id: 'r1' });
    stepsFailure = outage;
    const states = watch();
    const { isFinal, parts } = await stateOf(states);
    expect([isFinal, parts.stepsError]).toEqual([false, outage]);
    stepsFailure = null;
    clock.advance(LIVE_TTL_MS);
    await settle();
    expect((await stateOf(states)).parts.stepsError).toBeNull();
  });

  it('have a budget of calls for each poll', async () => {
    const states = watch();
    await stateOf(states);
    for (let polls = 0; polls < 3; polls += 1) {
      clock.advance(5 * LIVE_TTL_MS);
      await settle();
    }
    expect(calls).toHaveLength(4 * MAX_CALLS);
  });

  it('make way for another one where the first has ended', async () => {
    const first = watch();
    await stateOf(first);
    await first.return?.();
    expect(pollers.pollers).toBe(0);
    const second = watch();
    await stateOf(second);
    await first.return?.();
    expect(pollers.pollers).toBe(1);
    await second.return?.();
    expect(pollers.pollers).toBe(0);
  });

  it('stay for others where one that has failed is still read', async () => {
    const slow = watch();
    await stateOf(slow);
    stepsFailure = new GatewayError('FORBIDDEN', 'no');
    clock.advance(LIVE_TTL_MS);
    await settle();
    expect(pollers.pollers).toBe(0);
    stepsFailure = null;
    await stateOf(watch());
    expect(await rejectionOf(slow.next())).toMatchObject({ code: 'FORBIDDEN' });
    expect(pollers.pollers).toBe(1);
  });

  it('end with the gateway, and are counted by viewer until then', async () => {
    const states = [watch(), watch(), watch('RECORD')];
    expect(() => watch()).toThrow('one key may watch 3 runs and workflows at once, and this one does already');
    await states.pop()?.return?.();
    states.push(watch());
    expect(() => watch()).toThrow(GatewayError);
    for (const each of states) await stateOf(each);
    pollers.close();
    for (const each of states) await isOver(each);
    expect([pollers.pollers, clock.pending]).toEqual([0, []]);
    watch();
  });

  describe('of a run that the upstream does not know', () => {
    /** Each second until then. */
    const passSeconds = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        await settle();
        clock.advance(1000);
      }
      await settle();
    };

    beforeEach(() => {
      isUnknown = true;
    });

    it('end at once where it was not started by this viewer lately', async () => {
      await startedRuns.add(viewerOf('bob'), REF);
      await startedRuns.add(viewerOf('ada'), { ...REF, runId: 'r2' });
      expect(await rejectionOf(watch().next())).toBe(notFound);
      await startedRuns.add(viewerOf('ada'), REF);
      clock.advance(10_000);
      expect(await rejectionOf(watch().next())).toMatchObject({ code: 'NOT_FOUND' });
      expect(clock.pending).toEqual([]);
    });

    it('wait for one that was started, each try with a budget of its own', async () => {
      await startedRuns.add(viewerOf('ada'), REF);
      const first = stateOf(watch());
      await passSeconds(9);
      expect(calls).toHaveLength(10);
      isUnknown = false;
      await passSeconds(1);
      expect((await first).isFinal).toBe(false);
    });

    it('say so ten seconds after its start', async () => {
      await startedRuns.add(viewerOf('ada'), REF);
      const failure = rejectionOf(watch().next());
      await passSeconds(11);
      expect(await failure).toMatchObject({ code: 'NOT_FOUND' });
      expect([calls.length, clock.pending]).toEqual([11, []]);
    });

    it('stop with their last subscriber', async () => {
      await startedRuns.add(viewerOf('ada'), REF);
      const states = watch();
      const first = states.next();
      await passSeconds(2);
      await states.return?.();
      expect([await first, clock.pending]).toEqual([END, []]);
      await passSeconds(3);
      expect([calls.length, clock.pending, pollers.pollers]).toEqual([3, [], 0]);
    });

    it('stop with it also while it is looked up whether the run was started', async () => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      Object.assign(startedRuns, { isAwaited: () => promise });
      const states = watch();
      const first = states.next();
      await settle();
      await states.return?.();
      resolve(true);
      expect([await Promise.race([first, settle()]), clock.pending, calls.length]).toEqual([END, [], 1]);
    });

    it('ask no more when their last subscriber has left, while the last 404 is still believed', async () => {
      isUnknown = false;
      // What proves the right: a 404 of a viewer without one is not remembered.
      await stateOf(watch('STEPS', 'ada', { ...REF, runId: 'r2' }));
      isUnknown = true;
      await startedRuns.add(viewerOf('ada'), REF);
      let asked = 0;
      const before = { ...startedRuns };
      const counted: StartedRuns['isAwaited'] = (...given) => {
        asked += 1;
        if (asked > 9) throw new Error('asked in a loop, in which nothing else goes on');
        return before.isAwaited(...given);
      };
      Object.assign(startedRuns, { isAwaited: counted });
      const states = watch();
      const first = states.next();
      await settle();
      await states.return?.();
      expect(await first).toEqual(END);
      expect(asked).toBe(1);
    });
  });

  it('are none for what can be no id', () => {
    expect(() => watch('STEPS', 'ada', { ...REF, runId: '..' })).toThrow(GatewayError);
    for (let count = 0; count < 3; count += 1) watch();
  });
});
