import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { buildSchema, parse } from 'graphql';
import { lasting } from '../../src/auth/caller.ts';
import { createContext, type ContextSource } from '../../src/graphql/context.ts';
import { createErrorFormatting } from '../../src/graphql/operations/error-formatting.ts';
import type { Execution } from '../../src/graphql/operations/execution.ts';
import { createLiveExecution } from '../../src/graphql/subscriptions/live-execution.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createObserver } from '../../src/observability/observer.ts';
import type { SourceEvent } from '../../src/graphql/subscriptions/live-events.ts';
import { createManualClock } from '../support/clock.ts';
import { NO_CLIENT } from '../support/observed.ts';
import { viewerOf } from '../support/operations.ts';

const logger = createLogger('silent');
const observer = createObserver({ metrics: createMetrics(), logger, tracer: null, client: NO_CLIENT });
const snapshotOf = (runId: string, since = '0'): SourceEvent => ({ topic: runId, states: [{}], since });
const DEFECT = snapshotOf('defect');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A subscription that answers how often its field was executed, over snapshots that the test gives. */
function setUp() {
  const clock = createManualClock();
  let executions = 0;
  const schema = buildSchema('type Query { a: Int } type Subscription { count(by: Int): Int! large(by: Int): String }');
  const { count: field, large } = schema.getSubscriptionType()?.getFields() ?? {};
  if (!field || !large) throw new Error('expected the fields');
  large.resolve = () => {
    executions += 1;
    return `${executions}${'x'.repeat(2 ** 20)}`;
  };
  field.resolve = (snapshot) => {
    if (snapshot === DEFECT) throw new Error('a defect');
    executions += 1;
    return executions;
  };
  // An operation reads nothing else of it before it loads something.
  const contextSource = { now: clock.now, maxUpstreamCalls: 1, maxObjects: 1 } as unknown as ContextSource;
  const live = createLiveExecution({
    schema,
    contextSource,
    errors: createErrorFormatting(logger),
    maxAnswerBytes: 2 ** 21,
  });

  function open(snapshots: readonly SourceEvent[], { by = 1, key = 'key-1', fields = 'count(by: $by)' } = {}) {
    const text = `subscription($by: Int) { ${fields} }`;
    const record = observer.begin({ transport: 'graphql-ws', requestId: 'r', viewerId: null, traceparent: undefined });
    const caller = lasting(viewerOf(key));
    const client = {
      signal: () => new AbortController().signal,
      isGone: () => false,
      hold: () => () => undefined,
      holdWhenFree: () => Promise.resolve(() => undefined),
    };
    const execution: Execution = {
      document: { text, queryHash: text, ast: parse(text), operation: () => null },
      request: {
        transport: 'graphql-ws',
        requestId: 'r',
        traceparent: undefined,
        params: { variables: { by } },
        caller,
        authenticate: () => caller,
        allowed: new Set(),
        client,
      },
      context: createContext(contextSource, {
        viewer: caller.viewer,
        authError: null,
        requestId: 'r',
        signal: client.signal,
      }),
      record,
    };
    const source = (async function* () {
      await Promise.resolve();
      yield* snapshots;
    })();
    return live.eventsOf(source as AsyncIterator<SourceEvent, undefined>, execution);
  }
  return { clock, open };
}

describe('a live event', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is executed once for all who read the same of the same snapshot within a second', async () => {
    const { open, clock } = setUp();
    const snapshots = [snapshotOf('r1'), snapshotOf('r1')];
    const one = open(snapshots);
    const another = open(snapshots);
    const first = await one.next();
    expect(first).toEqual({ done: false, value: { data: { count: 1 } } });
    expect((await another.next()).value).toBe(first.value);
    expect(await open(snapshots, { by: 2 }).next()).toMatchObject({ value: { data: { count: 2 } } });
    expect(await open(snapshots, { fields: 'count(by: $by) __typename' }).next()).toMatchObject({
      value: { data: { count: 3 } },
    });
    expect(await open(snapshots, { key: 'key-2' }).next()).toMatchObject({ value: { data: { count: 4 } } });
    // Another snapshot, and the same one a second later.
    expect(await one.next()).toMatchObject({ value: { data: { count: 5 } } });
    clock.advance(1001);
    expect(await open(snapshots.slice(1)).next()).toMatchObject({ value: { data: { count: 6 } } });
  });

  it('is shared by those who know the same, and by no others', async () => {
    const states = [{}];
    const event = (since: string): SourceEvent => ({ topic: 'r1', states, since });
    const { open } = setUp();
    const told = async (since: string) => (await open([event(since)]).next()).value;
    const first = await told('1');
    const second = await told('2');
    expect([first, second]).toEqual([{ data: { count: 1 } }, { data: { count: 2 } }]);
    // Whoever comes later, in whatever order.
    expect([await told('2'), await told('1')]).toEqual([second, first]);
    expect(await told('3')).toEqual({ data: { count: 3 } });
  });

  it('is told to its source when the reader gets it', async () => {
    const given: unknown[] = [];
    const event: SourceEvent = { ...snapshotOf('r1'), told: (told) => void given.push(told) };
    const { value } = await setUp().open([event]).next();
    expect(given).toEqual([value]);
  });

  it('that is shared counts by its size: beyond the limit, what was used least lately is executed again', async () => {
    const { open } = setUp();
    const long = `${'x'.repeat(900)}: count(by: $by)`;
    const one = snapshotOf('r0');
    expect(await open([one], { fields: long }).next()).toMatchObject({ value: { data: { ['x'.repeat(900)]: 1 } } });
    // 8 Mi characters hold 4,400 events of 1,900: so many others take its place.
    for (let number = 1; number <= 4500; number += 1) await open([snapshotOf(`r${number}`)], { fields: long }).next();
    expect(await open([one], { fields: long }).next()).toMatchObject({ value: { data: { ['x'.repeat(900)]: 4502 } } });
  });

  it('is shared only as long as all that are shared keep within 8 Mi characters', async () => {
    const { open } = setUp();
    const snapshot = snapshotOf('r1');
    const executionOf = async (by: number): Promise<unknown> => {
      const { value } = await open([snapshot], { by, fields: 'large(by: $by)' }).next();
      return parseInt(String(value?.data?.large), 10);
    };
    for (let by = 1; by <= 9; by += 1) expect(await executionOf(by)).toBe(by);
    expect(await executionOf(9)).toBe(9);
    expect(await executionOf(1)).toBe(10);
  });

  it('is let go after a second, with the state that it was made of', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const { open, clock } = setUp();
    // A function of its own: the frame of the test would keep both alive.
    const watched = await (async () => {
      const state = {};
      const { value } = await open([{ topic: 'r1', states: [state], since: '0' }]).next();
      return [new WeakRef(state), new WeakRef(value ?? {})];
    })();
    const areThere = () => {
      collect();
      return watched.map((each) => each.deref() !== undefined);
    };
    const pass = async (ms: number) => {
      clock.advance(ms);
      await jest.advanceTimersByTimeAsync(ms);
    };
    await pass(1000);
    expect(areThere()).toEqual([true, true]);
    await pass(10);
    // What a WeakRef has answered stays until the turn ends.
    await new Promise(setImmediate);
    expect(areThere()).toEqual([false, false]);
  });

  it('without data is the last one', async () => {
    const events = setUp().open([DEFECT, snapshotOf('r1')]);
    expect(await events.next()).toMatchObject({
      value: {
        data: null,
        errors: [{ path: ['count'], extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r' } }],
      },
    });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});
