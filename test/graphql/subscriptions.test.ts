import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GraphQLError, Kind, type GraphQLResolveInfo } from 'graphql';
import { lasting, NOBODY, rejected, type Caller } from '../../src/auth/caller.ts';
import type { OperationRequest } from '../../src/graphql/operations/operation.ts';
import type { Run } from '../../src/domain/types.ts';
import type { Context } from '../../src/graphql/context.ts';
import { createReportedErrors } from '../../src/graphql/lists/reported-errors.ts';
import { createEventGuard } from '../../src/graphql/subscriptions/authorized-events.ts';
import { located } from '../../src/graphql/subscriptions/error-path.ts';
import type { LiveEvent } from '../../src/graphql/subscriptions/live-events.ts';
import { createRunChanges } from '../../src/graphql/subscriptions/run-changes.ts';
import { runEvents } from '../../src/graphql/subscriptions/run-events.ts';
import { loadChangedRuns } from '../../src/graphql/subscriptions/runs-events.ts';
import { observeEvents } from '../../src/graphql/subscriptions/observed-events.ts';
import { onceListed } from '../../src/graphql/subscriptions/once-listed.ts';
import type { OperationRecord } from '../../src/observability/operation-record.ts';
import type { ChangedRun } from '../../src/runs/live/runs-watch.ts';
import type { Snapshot } from '../../src/runs/live/snapshot.ts';
import { createPullIterator } from '../../src/runs/live/pull-iterator.ts';
import { createAnswerLifetime } from '../../src/runs/operation.ts';
import type { RunRef } from '../../src/upstream/client.ts';
import type { After } from '../../src/runs/timer.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { ran, runOf } from '../support/facts.ts';
import { refKey } from '../../src/upstream/ids.ts';
import { createManualClock } from '../harness/clock.ts';
import { settle, viewerOf } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';
import { infoOf } from '../support/resolve-info.ts';

/** A source whose events come when the test sends them. It says how often it was ended. */
function createSource() {
  const waiting: PromiseWithResolvers<IteratorResult<LiveEvent, undefined>>[] = [];
  let ends = 0;
  const events = createPullIterator<LiveEvent>({
    next() {
      const next = Promise.withResolvers<IteratorResult<LiveEvent, undefined>>();
      waiting.push(next);
      return next.promise;
    },
    end() {
      ends += 1;
      for (const next of waiting.splice(0)) next.resolve({ done: true, value: undefined });
    },
  });
  return {
    events,
    send: (number: number) => waiting.shift()?.resolve({ done: false, value: { data: { number } } }),
    fail: (error: Error) => waiting.shift()?.reject(error),
    complete: () => waiting.shift()?.resolve({ done: true, value: undefined }),
    get ends() {
      return ends;
    },
  };
}

const END = { done: true, value: undefined };
const event = (number: number) => ({ done: false, value: { data: { number } } });

describe('a subscription of a caller', () => {
  const viewer = viewerOf('key-1');

  /** Verified for so long, and then again as `next` says. */
  function subscribe(
    verifiedForMs: number,
    next: () => Caller | Promise<Caller> = () => NOBODY,
    { isLate = false, first = lasting(viewer) }: { readonly isLate?: boolean; readonly first?: Caller } = {},
  ) {
    const clock = createManualClock();
    let timers = 0;
    /** Its timers never ring. */
    const late: After = () => {
      timers += 1;
      return () => void (timers -= 1);
    };
    const source = createSource();
    const verified = (forMs: number): Caller => ({ ...lasting(viewer), verifiedUntilMs: clock.now() + forMs });
    let authentications = 0;
    const authenticate = () => {
      authentications += 1;
      return next();
    };
    const caller = { ...first, verifiedUntilMs: clock.now() + verifiedForMs };
    const request = { caller, authenticate, requestId: 'r-1' } as unknown as OperationRequest;
    const events = createEventGuard({ now: clock.now, after: isLate ? late : clock.after })(source.events, request);
    return {
      clock,
      source,
      events,
      verified,
      get authentications() {
        return authentications;
      },
      get timers() {
        return timers;
      },
    };
  }

  it('whose right never ends is not asked for it', async () => {
    const { events, source, clock } = subscribe(Infinity);
    const next = events.next();
    source.send(1);
    expect(await next).toEqual(event(1));
    expect(clock.pending).toEqual([]);
    await events.return(undefined);
    expect(source.ends).toBe(1);
    expect(await events.next()).toEqual(END);
  });

  it('goes on as long as the same viewer may ask, verified each time', async () => {
    const subscription = subscribe(1000, () => subscription.verified(5000));
    const { events, source, clock } = subscription;
    expect(clock.pending).toEqual([1000]);
    const next = events.next();
    clock.advance(1000);
    await settle();
    expect(subscription.authentications).toBe(1);
    expect(clock.pending).toEqual([5000]);
    source.send(1);
    expect(await next).toEqual(event(1));
    clock.advance(4999);
    expect(subscription.authentications).toBe(1);
    clock.advance(1);
    await settle();
    expect(subscription.authentications).toBe(2);
    await events.return(undefined);
    expect(clock.pending).toEqual([]);
  });

  it('is verified before an event is told, though its timer rings late', async () => {
    let isWithdrawn = false;
    const withdrawn = rejected(new GatewayError('UNAUTHENTICATED', 'withdrawn'));
    const next = () => (isWithdrawn ? withdrawn : subscription.verified(5000));
    const subscription = subscribe(1000, next, { isLate: true });
    const { events, source, clock } = subscription;
    const first = events.next();
    clock.advance(1000);
    expect(subscription.authentications).toBe(0);
    source.send(1);
    expect(await first).toEqual(event(1));
    expect(subscription.authentications).toBe(1);
    // One timer is set, and not also the late one.
    expect(subscription.timers).toBe(1);
    isWithdrawn = true;
    const second = rejectionOf(events.next());
    clock.advance(5000);
    source.send(2);
    expect(await second).toMatchObject({ errors: [{ message: 'withdrawn' }] });
    expect(source.ends).toBeGreaterThan(0);
  });

  it.each([
    [
      'is refused',
      () => rejected(new GatewayError('FORBIDDEN', 'not any more')),
      {
        name: 'SubscriptionError',
        errors: [{ message: 'not any more', extensions: { code: 'FORBIDDEN', retryable: false, requestId: 'r-1' } }],
      },
    ],
    [
      'is of somebody else',
      () => lasting(viewerOf('key-2')),
      {
        errors: [
          {
            message: 'the rights of this token have changed: subscribe again',
            extensions: { code: 'UNAUTHENTICATED', retryable: false, requestId: 'r-1' },
          },
        ],
      },
    ],
    ['is of nobody', () => NOBODY, { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }],
    ['can not be verified', () => Promise.reject(new Error('no keys')), { message: 'no keys' }],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a hook may throw anything
    ['is answered by a defect', () => Promise.reject('a text'), { message: 'a text' }],
  ])('ends at once where the right %s, also while no event comes', async (_, next, error) => {
    const subscription = subscribe(1000, next);
    const { events, source, clock } = subscription;
    const waiting = rejectionOf(events.next());
    clock.advance(1000);
    expect(await waiting).toMatchObject(error);
    expect(await rejectionOf(events.next())).toMatchObject(error);
    expect(subscription.authentications).toBe(1);
    expect(source.ends).toBeGreaterThan(0);
    expect(clock.pending).toEqual([]);
  });

  it('ends with its source, and with an error of it', async () => {
    const done = subscribe(1000);
    const last = done.events.next();
    done.source.complete();
    expect(await last).toEqual(END);
    const failed = subscribe(1000);
    const next = rejectionOf(failed.events.next());
    failed.source.fail(new Error('gone'));
    expect(await next).toEqual(new Error('gone'));
    for (const { clock, source } of [done, failed]) {
      expect(clock.pending).toEqual([]);
      expect(source.ends).toBe(1);
    }
  });

  it('of nobody is not that of somebody', async () => {
    const { events, clock } = subscribe(1000, () => lasting(viewer), { first: NOBODY });
    const next = rejectionOf(events.next());
    clock.advance(1000);
    expect(await next).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('is verified once a second at most while no event comes, however short its right is, and before each event', async () => {
    const STEP_MS = 250;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(2500), { minLength: 1 }), fc.nat(1000), async (lifetimes, firstMs) => {
        let untilMs = 0;
        const verifiedAt: number[] = [];
        const subscription = subscribe(firstMs, () => {
          verifiedAt.push(clock.now());
          const caller = subscription.verified(lifetimes[subscription.authentications % lifetimes.length] ?? 0);
          untilMs = caller.verifiedUntilMs;
          return caller;
        });
        const { clock, events, source } = subscription;
        untilMs = clock.now() + firstMs;
        const next = events.next();
        for (let turn = 0; turn < 40; turn += 1) {
          clock.advance(STEP_MS);
          await settle();
          expect(untilMs).toBeGreaterThanOrEqual(clock.now() - 1000 - STEP_MS);
        }
        const pauses = verifiedAt.slice(1).map((at, index) => at - (verifiedAt[index] ?? 0));
        expect(Math.min(1000, ...pauses)).toBe(1000);
        const before = subscription.authentications;
        const isDue = clock.now() >= untilMs;
        source.send(1);
        expect(await next).toEqual(event(1));
        expect(subscription.authentications - before).toBe(isDue ? 1 : 0);
        await events.return(undefined);
      }),
      { numRuns: 25 },
    );
  });

  it('is verified in time, however far away that is', async () => {
    const month = 31 * 24 * 3600 * 1000;
    const { events, clock } = subscribe(month);
    expect(clock.pending).toEqual([2 ** 31 - 2]);
    clock.advance(2 ** 31 - 2);
    await settle();
    expect(clock.pending).toEqual([month - 2 ** 31 + 2]);
    await events.return(undefined);
  });
});

describe('an observed subscription', () => {
  function observe() {
    const source = createSource();
    const record = { events: 0 } as OperationRecord;
    const told: string[] = [];
    const observer = { subscribed: () => void told.push('subscribed'), end: () => void told.push('end') };
    return { source, record, told, events: observeEvents(source.events, record, observer) };
  }

  it('is one from its begin to its end, with the number of its events', async () => {
    const { source, record, told, events } = observe();
    for (const number of [1, 2]) {
      const next = events.next();
      source.send(number);
      expect(await next).toEqual(event(number));
    }
    expect(told).toEqual(['subscribed']);
    const last = events.next();
    source.complete();
    expect(await last).toEqual(END);
    expect(record.events).toBe(2);
    expect(told).toEqual(['subscribed', 'end']);
    await events.return(undefined);
    expect(told).toEqual(['subscribed', 'end']);
    expect(source.ends).toBe(1);
  });

  it('is over with an error, or when its reader leaves', async () => {
    const failed = observe();
    const next = rejectionOf(failed.events.next());
    failed.source.fail(new Error('gone'));
    expect(await next).toEqual(new Error('gone'));
    const left = observe();
    await left.events.return(undefined);
    expect(left.source.ends).toBe(1);
    for (const { told } of [failed, left]) expect(told).toEqual(['subscribed', 'end']);
  });
});

describe('a source that is opened first', () => {
  it('is opened once, when its reader asks for an event, and ended with it', async () => {
    const source = createSource();
    let opened = 0;
    const events = onceListed(() => {
      opened += 1;
      return Promise.resolve(source.events);
    });
    expect(opened).toBe(0);
    for (const number of [1, 2]) {
      const next = events.next();
      await settle();
      source.send(number);
      expect(await next).toEqual(event(number));
    }
    expect(opened).toBe(1);
    await events.return?.();
    expect(source.ends).toBe(1);
  });

  it('that can not be opened is the error of its subscription', async () => {
    expect(await rejectionOf(onceListed(() => Promise.reject(new Error('no list'))).next())).toEqual(
      new Error('no list'),
    );
  });

  it('is ended where its reader has left meanwhile', async () => {
    const source = createSource();
    const opening = Promise.withResolvers<typeof source.events>();
    const events = onceListed(() => opening.promise);
    const next = events.next();
    await events.return?.();
    opening.resolve(source.events);
    expect(await next).toEqual(END);
    expect(source.ends).toBe(1);
  });

  it('is none where its reader leaves before it asks', async () => {
    const source = createSource();
    const events = onceListed(() => Promise.resolve(source.events));
    await events.return?.();
    expect(await events.next()).toEqual(END);
  });
});

describe('an error of a source of events', () => {
  it('has the path of its field, and the source is ended by who leaves', async () => {
    const info = infoOf('subscription { mine: runUpdated(workflowId: "wf", id: "r1") { id } }');
    const source = createSource();
    const events = located(source.events, info as Parameters<typeof located>[1]);
    const next = rejectionOf(events.next());
    source.fail(new GatewayError('NOT_FOUND', 'there is none'));
    const error = await next;
    expect(error).toBeInstanceOf(GraphQLError);
    expect(error).toMatchObject({ message: 'there is none', path: ['mine'], nodes: [{ kind: Kind.FIELD }] });
    const sent = events.next();
    source.send(1);
    expect(await sent).toEqual(event(1));
    await events.return?.();
    expect(source.ends).toBe(1);
  });
});

describe('an event of a run', () => {
  const snapshotOf = (sequence: number) => ({ ref: { workflowId: 'wf', runId: 'r' }, sequence }) as Snapshot;

  /** Numbers of the states that the reader has the steps of, after events that it got with such data. */
  async function told(selection: string, ...answers: readonly LiveEvent['data'][]) {
    const info = infoOf(`subscription { mine: runUpdated(workflowId: "wf", id: "r") { ${selection} } } ${FRAGMENTS}`);
    let sequence = 0;
    let ends = 0;
    const events = runEvents(
      createPullIterator<Snapshot>({
        next: () => {
          sequence += 1;
          return Promise.resolve(
            sequence > answers.length + 1
              ? { done: true, value: undefined }
              : { done: false, value: snapshotOf(sequence) },
          );
        },
        end: () => void (ends += 1),
      }),
      info,
    );
    const since: string[] = [];
    for await (const { topic, states, snapshot, since: known, sinceSequence, told: tell } of events) {
      expect({ topic, states }).toEqual({ topic: refKey(snapshot.ref), states: [snapshot] });
      expect(known).toBe(String(sinceSequence));
      since.push(known);
      const data = answers[snapshot.sequence - 1];
      if (data !== undefined) tell?.({ data });
    }
    await events.return?.();
    expect(ends).toBe(1);
    return since;
  }

  const FRAGMENTS = 'fragment F on Run { changedSteps { id } } fragment G on Run { status }';
  const run = (fields: object | null) => ({ mine: fields });

  it('counts from the one before, whose steps its reader got, under whichever name', async () => {
    const got = run({ changedSteps: [] });
    expect(await told('changedSteps { id }', got, got)).toEqual(['0', '1', '2']);
    expect(await told('...F ...G', got)).toEqual(['0', '1']);
    expect(await told('... on Run { news: changedSteps { id } }', run({ news: [] }))).toEqual(['0', '1']);
  });

  it('counts from the last one that had all its lists of steps', async () => {
    const two = 'changedSteps { id } news: changedSteps { id }';
    const [both, one] = [run({ changedSteps: [], news: [] }), run({ changedSteps: [], news: null })];
    expect(await told(two, both, one, both)).toEqual(['0', '1', '1', '3']);
    expect(await told(two, run(null), null)).toEqual(['0', '0', '0']);
  });

  it('is the same for all where no changed steps are selected', async () => {
    expect(await told('status steps { id } ...G', run({ steps: [] }))).toEqual(['0', '0']);
  });
});

describe('the steps that have changed', () => {
  it('are told at the root of the event alone; of a run anywhere else they are all', () => {
    const run = runOf([ran('a', 0, 1), ran('b', 1, 2)]);
    const pathOf = (...keys: readonly string[]) =>
      keys.reduce<unknown>((prev, key) => ({ prev, key }), undefined) as GraphQLResolveInfo['path'];
    const [root, below] = [
      pathOf('runUpdated', 'changedSteps'),
      pathOf('runUpdated', 'workflow', 'run', 'changedSteps'),
    ];
    const changes = createRunChanges();
    expect(changes.stepsOf(run, root)).toBe(run.steps);
    changes.set(new Map(run.steps.map(({ id }, at) => [id, at + 1])), 1);
    expect(changes.stepsOf(run, root).map(({ nodeId }) => nodeId)).toEqual(['b']);
    expect(changes.stepsOf(run, below)).toBe(run.steps);
  });
});

describe('the runs of an event', () => {
  const info = infoOf('subscription { runsUpdated { id } }') as GraphQLResolveInfo;
  const record = {} as NonNullable<ChangedRun['record']>;
  const changed = (runId: string, has: ChangedRun['record'] = record): ChangedRun => ({
    workflowId: 'wf',
    runId,
    record: has,
  });

  /** Loads by what `outcome` says of each run. */
  async function load(runs: readonly ChangedRun[], outcome: (runId: string) => Error | null) {
    const ways: string[] = [];
    const answer =
      (way: string) =>
      ({ runId }: RunRef) => {
        ways.push(`${way} ${runId}`);
        const error = outcome(runId);
        return error ? Promise.reject(error) : Promise.resolve(runId as unknown as Run);
      };
    const reported = createReportedErrors(createAnswerLifetime());
    const loaders = { load: answer('load'), ofRecord: answer('ofRecord') };
    const context = { runs: () => loaders, requirement: () => 'RECORD', reported } as unknown as Context;
    return { runs: await loadChangedRuns(runs, context, info), ways, reported: reported.all() };
  }

  it('are made of the records that came with them, or loaded', async () => {
    const { runs, ways, reported } = await load([changed('r1'), changed('r2', null)], () => null);
    expect({ runs, ways, reported }).toEqual({ runs: ['r1', 'r2'], ways: ['ofRecord r1', 'load r2'], reported: [] });
  });

  it('are told without one that can not be had; why is told beside them, unless it is gone', async () => {
    const { runs, reported } = await load([changed('gone'), changed('r1'), changed('down')], (runId) =>
      runId === 'gone'
        ? new GatewayError('NOT_FOUND', 'there is none', { upstreamStatus: 404 })
        : runId === 'down'
          ? new GatewayError('UPSTREAM_TIMEOUT', 'it took too long')
          : null,
    );
    expect(runs).toEqual(['r1']);
    expect(reported).toMatchObject([
      { path: ['runsUpdated'], originalError: { code: 'UPSTREAM_TIMEOUT', details: { workflowId: 'wf' } } },
    ]);
  });

  it.each([new GatewayError('UNAUTHENTICATED', 'refused'), new TypeError('a defect')])(
    'are none where it is %s',
    async (error) => {
      expect(await rejectionOf(load([changed('r1')], () => error))).toBe(error);
    },
  );
});
