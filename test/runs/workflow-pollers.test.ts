import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RunRecord } from '../../src/domain/types.ts';
import { createSubscriptionLimit } from '../../src/runs/live/subscription-limit.ts';
import { joinNobody } from '../../src/runs/live/turns.ts';
import { createWorkflowPollers, type WorkflowPollers } from '../../src/runs/live/workflow-pollers.ts';
import type { RunsChange } from '../../src/runs/live/runs-watch.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { at, runRecord } from '../support/facts.ts';
import { operationOf, settle as turn } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';

const LIVE_TTL_MS = 1000;
/** Longer than the slowest interval. */
const LONG_MS = 6000;
const MAX_WATCHED = 4;

const END = { done: true, value: undefined };

const outage = new GatewayError('UPSTREAM_UNAVAILABLE', 'down');
const notThere = new GatewayError('NOT_FOUND', 'no such workflow');

/** Runs are compared in pieces: on a slow machine that takes several turns of the event loop, at most one for each run. */
const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 50; turns += 1) await turn();
};

type Changes = AsyncIterator<RunsChange, undefined>;
type Change = IteratorResult<RunsChange, undefined>;

describe('the runs of several workflows that are watched', () => {
  let clock: ManualClock;
  /** By workflow, newest first. */
  let histories: Map<string, RunRecord[]>;
  let failures: Map<string, Error>;
  let reads: string[];
  /** Of each read, whether the records reach down to what is known. */
  let enough: boolean[];
  /** Of all that is read. */
  let staleReason: string | null;
  let isRightKnown: boolean;
  /** What all reads wait for. */
  let areDue: Promise<unknown>;
  /** What those of a workflow wait for. */
  let hangs: Map<string, Promise<unknown>>;
  let pollers: WorkflowPollers;

  beforeEach(() => {
    clock = createManualClock();
    histories = new Map();
    failures = new Map();
    reads = [];
    enough = [];
    staleReason = null;
    isRightKnown = true;
    areDue = Promise.resolve();
    hangs = new Map();
    pollers = createWorkflowPollers({
      runHistory: {
        async newest(workflowId, wanted, areEnough, operation) {
          reads.push(`${workflowId} ${wanted}`);
          await areDue;
          await hangs.get(workflowId);
          const failure = failures.get(workflowId);
          if (failure) throw failure;
          const records = histories.get(workflowId) ?? [];
          enough.push(areEnough(records));
          operation.lifetime.limit(clock.now() + LIVE_TTL_MS);
          const times = { sentAt: clock.now(), fetchedAt: clock.now(), sizeBytes: 1 };
          return {
            records: records.map((value) => ({ cached: { ...times, value }, staleReason })),
            windows: [{ ...times, value: records }],
          };
        },
      },
      cache: { hasProvenRight: () => isRightKnown },
      liveTtlMs: LIVE_TTL_MS,
      maxUpstreamCalls: 10,
      countSubscription: createSubscriptionLimit(MAX_WATCHED),
      turnsOf: () => joinNobody,
      now: clock.now,
      after: clock.after,
    });
  });

  const start = (workflowId: string, runId: string, seconds: number | null) => {
    const record = runRecord({ id: runId, startTime: seconds === null ? null : at(seconds) });
    histories.set(workflowId, [record, ...(histories.get(workflowId) ?? [])]);
  };
  const watch = (ids: readonly string[], key = 'ada') => pollers.watch(ids, operationOf(key));
  /** What is there when everything that can go on without the test has done so. */
  const outcomeOf = async (next: Promise<Change>): Promise<Change> => {
    const outcome = await Promise.race([next, settle()]);
    if (!outcome) throw new Error('expected a change or the end, got nothing');
    return outcome;
  };
  const changeOf = async (changes: Changes, next = changes.next()) => {
    const { done, value } = await outcomeOf(next);
    if (done) throw new Error('expected a change, got the end');
    return value;
  };
  const told = async (...given: Parameters<typeof changeOf>) =>
    (await changeOf(...given)).runs.map(({ workflowId, runId }) => `${workflowId} ${runId}`);
  const poll = () => {
    clock.advance(LONG_MS);
    return settle();
  };

  it('are told newest first, those that have not started before all, and then those that are new', async () => {
    start('b', 'b1', 20);
    start('a', 'a1', 10);
    start('a', 'a2', null);
    const changes = watch(['a', 'b']);
    expect(await told(changes)).toEqual(['a a2', 'b b1', 'a a1']);
    await poll();
    start('b', 'b2', 30);
    start('a', 'a3', 40);
    await poll();
    expect(await told(changes)).toEqual(['a a3', 'b b2']);
  });

  it('wait for the next change, and are told it once', async () => {
    const changes = watch(['a', 'b']);
    expect(await told(changes)).toEqual([]);
    const next = changes.next();
    await poll();
    start('b', 'b1', 10);
    await poll();
    expect(await told(changes, next)).toEqual(['b b1']);
    start('a', 'a1', 20);
    await poll();
    expect(await told(changes)).toEqual(['a a1']);
  });

  it('are those that have changed since a reader looked last, whatever it has skipped', async () => {
    const changes = watch(['a']);
    await told(changes);
    for (const seconds of [1, 2, 3]) {
      start('a', `a${seconds}`, seconds);
      await poll();
    }
    expect(await told(changes)).toEqual(['a a3', 'a a2', 'a a1']);
  });

  it('stand last where they ended out of sight, while their reader looked away', async () => {
    histories.set('a', [runRecord({ id: 'long', startTime: at(5), rawStatus: 'running', endTime: null })]);
    for (let count = 0; count < 20; count += 1) start('a', `a${count}`, 10);
    const changes = watch(['a', 'b']);
    expect(await told(changes)).toHaveLength(21);
    histories.get('a')?.splice(-1, 1, runRecord({ id: 'long', startTime: at(5) }));
    await poll();
    start('a', 'new', 20);
    start('b', 'b1', 1);
    await poll();
    expect(await told(changes)).toEqual(['a new', 'b b1', 'a long']);
  });

  it('are alike for readers who know alike, and tell which states they are of', async () => {
    start('a', 'a1', 10);
    const [one, another] = [watch(['a']), watch(['a'])];
    const [first, second] = [await changeOf(one), await changeOf(another)];
    expect([first.topic, first.since]).toEqual([second.topic, second.since]);
    expect(first.states).toHaveLength(1);
    expect(first.states[0]).toBe(second.states[0]);
    start('a', 'a2', 20);
    await poll();
    const later = await changeOf(one);
    expect(later.since).not.toBe(first.since);
    expect(later.states[0]).not.toBe(first.states[0]);
    expect((await changeOf(another)).since).toBe(later.since);
  });

  it('are not alike for readers who have lost others', async () => {
    for (const id of ['b', 'c']) failures.set(id, notThere);
    const [one, another] = [await changeOf(watch(['a', 'b'])), await changeOf(watch(['a', 'c']))];
    expect(one.states).toEqual(another.states);
    expect(one.since).not.toBe(another.since);
  });

  it('go on without a workflow that is not there, which is told once', async () => {
    start('a', 'a1', 10);
    failures.set('gone', notThere);
    const changes = watch(['a', 'gone']);
    const first = await changeOf(changes);
    expect(first.unavailable).toEqual([{ workflowId: 'gone', error: notThere }]);
    expect(first.states).toHaveLength(1);
    start('a', 'a2', 20);
    await poll();
    expect(await changeOf(changes)).toMatchObject({ runs: [{ runId: 'a2' }], unavailable: [] });
    expect(reads.filter((read) => read.startsWith('gone'))).toHaveLength(1);
    start('b', 'b1', 30);
    const others = watch(['a', 'b']);
    await told(others);
    failures.set('b', notThere);
    await poll();
    const last = await changeOf(others);
    expect([last.unavailable.length, last.states.length]).toEqual([1, 1]);
  });

  it('are told without those of a workflow that fails, until they can be had', async () => {
    failures.set('b', outage);
    const changes = watch(['a', 'b']);
    expect(await changeOf(changes)).toMatchObject({ runs: [], unavailable: [{ workflowId: 'b', error: outage }] });
    start('b', 'b1', 10);
    failures.clear();
    await poll();
    expect(await changeOf(changes)).toMatchObject({ runs: [{ runId: 'b1' }], unavailable: [] });
    failures.set('b', outage);
    await poll();
    expect(await changeOf(changes)).toMatchObject({
      runs: [{ runId: 'b1', record: { staleReason: 'UPSTREAM_UNAVAILABLE: down' } }],
      unavailable: [],
    });
  });

  describe('are told without those of a workflow that does not answer', () => {
    let answer: () => void;
    const hang = (workflowId: string) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      hangs.set(workflowId, promise);
      answer = () => {
        hangs.delete(workflowId);
        resolve(undefined);
      };
    };

    beforeEach(() => {
      start('a', 'a1', 10);
      start('b', 'b1', 20);
    });

    it('after a second, and then by themselves', async () => {
      hang('b');
      const changes = watch(['a', 'b']);
      const first = changes.next();
      await settle();
      clock.advance(999);
      expect(await Promise.race([first, settle()])).toBeUndefined();
      clock.advance(1);
      expect(await told(changes, first)).toEqual(['a a1']);
      start('a', 'a2', 30);
      await poll();
      expect(await told(changes)).toEqual(['a a2']);
      answer();
      await settle();
      expect(await told(changes)).toEqual(['b b1']);
    });

    it('and are not alike for who was told before that another one is not there', async () => {
      hang('a');
      failures.set('b', notThere);
      const one = watch(['a', 'b']);
      const first = one.next();
      await settle();
      clock.advance(1000);
      expect(await changeOf(one, first)).toMatchObject({ runs: [], unavailable: [{ workflowId: 'b' }] });
      answer();
      await settle();
      const [later, other] = [await changeOf(one), await changeOf(watch(['a', 'b']))];
      expect([later.states, later.unavailable]).toEqual([other.states, []]);
      expect(other.unavailable).toHaveLength(1);
      expect(later.since).not.toBe(other.since);
    });

    it('as soon as any is there, where none is after that second', async () => {
      hang('a');
      const changes = watch(['a']);
      const first = changes.next();
      await settle();
      clock.advance(1000);
      await settle();
      answer();
      expect(await told(changes, first)).toEqual(['a a1']);
    });

    it('also later, where it has something to tell that is too old by now', async () => {
      const changes = watch(['a', 'b']);
      await told(changes);
      start('b', 'b2', 30);
      await poll();
      hang('b');
      start('a', 'a2', 40);
      await poll();
      const next = changes.next();
      await settle();
      clock.advance(1000);
      expect(await told(changes, next)).toEqual(['a a2']);
      answer();
      await settle();
      expect(await told(changes)).toEqual(['b b2']);
    });

    it('after a second also where there is nothing to tell of the others', async () => {
      hang('b');
      const changes = watch(['empty', 'b']);
      const first = changes.next();
      await settle();
      clock.advance(1000);
      expect(await changeOf(changes, first)).toMatchObject({ runs: [], unavailable: [] });
    });

    it('and that it is not there as soon as that is known, in place of what was known of it', async () => {
      hang('b');
      const changes = watch(['a', 'b']);
      const first = changes.next();
      await settle();
      clock.advance(1000);
      await told(changes, first);
      answer();
      await settle();
      failures.set('b', notThere);
      await poll();
      expect(await changeOf(changes)).toMatchObject({ runs: [], unavailable: [{ workflowId: 'b' }] });
      hang('c');
      const others = watch(['a', 'c']);
      const second = others.next();
      await settle();
      clock.advance(1000);
      await told(others, second);
      const next = others.next();
      failures.set('c', notThere);
      answer();
      expect(await changeOf(others, next)).toMatchObject({ runs: [], unavailable: [{ workflowId: 'c' }] });
    });

    it('and end at once by a key that is refused meanwhile', async () => {
      hang('a');
      const refused = new GatewayError('UNAUTHENTICATED', 'no');
      failures.set('b', refused);
      expect(await rejectionOf(outcomeOf(watch(['a', 'b']).next()))).toBe(refused);
    });

    it('and end where its answer is that the key is refused, or nobody waits any more', async () => {
      hang('b');
      const changes = watch(['a', 'b']);
      const first = changes.next();
      await settle();
      clock.advance(1000);
      await told(changes, first);
      const next = changes.next();
      const refused = new GatewayError('UNAUTHENTICATED', 'no');
      failures.set('b', refused);
      answer();
      expect(await rejectionOf(outcomeOf(next))).toBe(refused);
      hang('c');
      const others = watch(['c']);
      const never = others.next();
      await settle();
      await others.return?.();
      expect(await outcomeOf(never)).toEqual(END);
      expect(clock.pending).toEqual([]);
    });

    it('and end at once by a key that is refused, though another one has something to tell', async () => {
      hang('b');
      const answerB = answer;
      const changes = watch(['a', 'b']);
      const first = changes.next();
      await settle();
      clock.advance(1000);
      await told(changes, first);
      start('a', 'a2', 40);
      await poll();
      hang('a');
      isRightKnown = false;
      const refused = new GatewayError('UNAUTHENTICATED', 'no');
      failures.set('b', refused);
      answerB();
      await settle();
      expect(await rejectionOf(outcomeOf(changes.next()))).toBe(refused);
    });

    it('and end with the gateway, when what has come was told', async () => {
      hang('b');
      const changes = watch(['a', 'b']);
      const first = changes.next();
      await settle();
      pollers.close();
      answer();
      expect(await told(changes, first)).toEqual(['a a1']);
      expect(await outcomeOf(changes.next())).toEqual(END);
    });

    it('and end with the gateway, also where it comes later', async () => {
      const changes = watch(['a', 'b']);
      await told(changes);
      start('b', 'b2', 30);
      await poll();
      hang('b');
      start('a', 'a2', 40);
      await poll();
      const next = changes.next();
      await settle();
      clock.advance(1000);
      expect(await told(changes, next)).toEqual(['a a2']);
      const last = changes.next();
      await settle();
      pollers.close();
      answer();
      expect(await outcomeOf(last)).toEqual(END);
    });
  });

  it('are not told anew where those that were stale can not be had at all', async () => {
    start('a', 'a1', 10);
    staleReason = 'old';
    const changes = watch(['a']);
    await told(changes);
    failures.set('a', outage);
    const next = changes.next();
    await poll();
    failures.clear();
    staleReason = null;
    await poll();
    expect(await told(changes, next)).toEqual(['a a1']);
  });

  it.each<[string, Error]>([
    ['a key that is refused', new GatewayError('UNAUTHENTICATED', 'no')],
    ['a defect', new TypeError('no function')],
  ])('end by %s, and all that was counted is free', async (_, error) => {
    failures.set('b', error);
    const changes = watch(['a', 'b']);
    expect(await rejectionOf(outcomeOf(changes.next()))).toBe(error);
    expect(await outcomeOf(changes.next())).toEqual(END);
    expect(pollers.pollers).toBe(0);
    watch(['a', 'c', 'd', 'e']);
  });

  it('end where no workflow is there any more', async () => {
    const changes = watch(['a']);
    await told(changes);
    failures.set('a', notThere);
    const next = rejectionOf(changes.next());
    await poll();
    expect(await Promise.race([next, settle()])).toBe(notThere);
    expect(await outcomeOf(changes.next())).toEqual(END);
  });

  it('end with the gateway, also for who waits', async () => {
    const changes = watch(['a', 'b']);
    await told(changes);
    const next = changes.next();
    pollers.close();
    expect(await outcomeOf(next)).toEqual(END);
    expect(clock.pending).toEqual([]);
  });

  it('end when their reader leaves while they are read', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    areDue = promise;
    const changes = watch(['a', 'b']);
    const next = changes.next();
    await settle();
    await changes.return?.();
    resolve(undefined);
    expect(await outcomeOf(next)).toEqual(END);
  });

  it('end when their reader leaves, also while it waits', async () => {
    const changes = watch(['a', 'b']);
    await told(changes);
    const next = changes.next();
    await changes.return?.();
    expect(await outcomeOf(next)).toEqual(END);
    expect([pollers.pollers, clock.pending]).toEqual([0, []]);
  });

  it('of no workflow are none, for good', async () => {
    const changes = watch([]);
    expect(await told(changes)).toEqual([]);
    const next = changes.next();
    await changes.return?.();
    expect(await outcomeOf(next)).toEqual(END);
  });

  it('are polled once for all readers of a key', async () => {
    await Promise.all([told(watch(['a'])), told(watch(['a'])), told(watch(['a'], 'bob'))]);
    expect([reads, pollers.pollers]).toEqual([['a 100', 'a 100'], 2]);
    await told(watch(['a']));
    expect(reads).toHaveLength(2);
    isRightKnown = false;
    await told(watch(['a']));
    expect(reads.slice(2)).toEqual(['a 20']);
    await poll();
    expect(reads.slice(3)).toEqual(['a 20', 'a 20']);
  });

  it('are read down to what is known', async () => {
    start('a', 'a1', 10);
    await told(watch(['a']));
    histories.delete('a');
    start('a', 'a2', 20);
    await poll();
    expect(enough).toEqual([true, false]);
  });

  it('are counted by key, and not at all where that is more than it may watch', async () => {
    const changes = watch(['a', 'b', 'c']);
    expect(() => watch(['d', 'e'])).toThrow(
      expect.objectContaining({
        code: 'RATE_LIMITED',
        message: `one key may watch ${MAX_WATCHED} runs and workflows at once, and this one does already`,
      }),
    );
    watch(['d', 'e'], 'bob');
    await changes.return?.();
    watch(['d', 'e', 'f', 'g']);
    expect(() => watch(['h'])).toThrow(GatewayError);
  });
});
