import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { buildSchema, isObjectType, parse, type GraphQLFieldResolver } from 'graphql';
import { lasting, NOBODY } from '../../src/auth/caller.ts';
import { createContext, type Context, type ContextSource } from '../../src/graphql/context.ts';
import { guardFields } from '../../src/graphql/fields/guarded-fields.ts';
import { createErrorFormatting } from '../../src/graphql/operations/error-formatting.ts';
import type { Execution } from '../../src/graphql/operations/execution.ts';
import { createLiveExecution } from '../../src/graphql/subscriptions/live-execution.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createObserver } from '../../src/observability/observer.ts';
import type { SourceEvent } from '../../src/graphql/subscriptions/live-events.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock } from '../harness/clock.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';
import { NO_CLIENT } from '../support/observed.ts';
import { settle, viewerOf } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';

const logger = createLogger('silent');
const observer = createObserver({ metrics: createMetrics(), logger, tracer: null, client: NO_CLIENT });
const snapshotOf = (runId: string, since = '0'): SourceEvent => ({ topic: runId, states: [{}], since });
const DEFECT = snapshotOf('defect');

type Resolver = GraphQLFieldResolver<unknown, Context>;

interface Options {
  readonly by?: number | null;
  readonly key?: string | null;
  readonly fields?: string;
  readonly text?: string;
  readonly operationName?: string | null;
  readonly hold?: (bytes: number) => () => void;
}

/** A subscription that answers how often its field was executed, over snapshots that the test gives. */
function setUp() {
  const clock = createManualClock();
  let executions = 0;
  const schema = buildSchema(`
    type Query { a: Int }
    type Item { failing: Int }
    type Subscription { count(by: Int): Int! large(by: Int): String who(by: Int): String slow: Int items: [Item] beside: Int }
  `);
  const { count: field, large, ...others } = schema.getSubscriptionType()?.getFields() ?? {};
  if (!field || !large) throw new Error('expected the fields');
  const slow = Promise.withResolvers<number>();
  const failing: Resolver = () => {
    throw new Error('failed');
  };
  const who: Resolver = (_source, args, context) => {
    const { viewer, requestId, signal } = context.operation();
    return JSON.stringify([args, viewer.id, requestId, signal().aborted]);
  };
  const beside: Resolver = (_source, _args, { reported }, info) => {
    reported.add(new GatewayError('UPSTREAM_TIMEOUT', 'late'), info);
    return 1;
  };
  Object.assign(others.who ?? {}, { resolve: who });
  Object.assign(others.beside ?? {}, { resolve: beside });
  Object.assign(others.slow ?? {}, { resolve: () => slow.promise });
  Object.assign(others.items ?? {}, { resolve: () => Array.from({ length: 5001 }, () => ({})) });
  const item = schema.getType('Item');
  if (isObjectType(item)) Object.assign(item.getFields().failing ?? {}, { resolve: failing });
  guardFields(schema);
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

  function openSource(source: AsyncIterator<SourceEvent, undefined>, options: Options = {}) {
    const { by = 1, key = 'key-1', fields = 'count(by: $by)', hold = () => () => undefined } = options;
    const { text = `subscription($by: Int) { ${fields} }`, operationName = null } = options;
    const record = observer.begin({ transport: 'graphql-ws', requestId: 'r', viewerId: null, traceparent: undefined });
    const caller = key === null ? NOBODY : lasting(viewerOf(key));
    const client = {
      signal: () => new AbortController().signal,
      isGone: () => false,
      hold: () => () => undefined,
      holdWhenFree: (bytes: number) => Promise.resolve(hold(bytes)),
    };
    const execution: Execution = {
      document: { text, queryHash: text, ast: parse(text), operation: () => null },
      request: {
        transport: 'graphql-ws',
        requestId: 'r',
        traceparent: undefined,
        unaccepted: null,
        params: { operationName, variables: by === null ? null : { by } },
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
    return live.eventsOf(source, execution);
  }
  function open(snapshots: readonly SourceEvent[], options: Options = {}) {
    const source = (async function* () {
      await Promise.resolve();
      yield* snapshots;
    })();
    return openSource(source as AsyncIterator<SourceEvent, undefined>, options);
  }
  return { clock, open, openSource, slow };
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

  it('is of all the states that it was made of', async () => {
    const { open } = setUp();
    const [a, b, c] = [{}, {}, {}];
    const countOf = async (states: readonly object[]) => {
      const { value } = await open([{ topic: 'wf', states, since: '0' }]).next();
      return value?.data?.count;
    };
    expect([await countOf([a, b]), await countOf([a, b]), await countOf([a, c])]).toEqual([1, 1, 2]);
    expect([await countOf([a]), await countOf([a, b]), await countOf([a])]).toEqual([3, 4, 5]);
  });

  it('is executed for its reader: with the operation, the variables and the viewer', async () => {
    const { open } = setUp();
    const whoOf = async (options: Options) => {
      const { value } = await open([snapshotOf('r1')], { fields: 'who(by: $by)', ...options }).next();
      return { who: JSON.parse(String(value?.data?.who)) as unknown, errors: value?.errors };
    };
    const id = (key: string) => viewerOf(key).id;
    expect((await whoOf({ by: 7 })).who).toEqual([{ by: 7 }, id('key-1'), 'r', false]);
    expect((await whoOf({ by: null, key: 'key-2' })).who).toEqual([{}, id('key-2'), 'r', false]);
    const text = 'subscription A { who(by: 1) } subscription B { who(by: 2) }';
    expect((await whoOf({ text, operationName: 'B', by: null })).who).toEqual([{ by: 2 }, id('key-1'), 'r', false]);
    expect(await whoOf({ key: null })).toMatchObject({
      who: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('tells errors beside its data', async () => {
    const { value } = await setUp()
      .open([snapshotOf('r1')], { fields: 'beside' })
      .next();
    expect(value).toMatchObject({
      data: { beside: 1 },
      errors: [{ path: ['beside'], extensions: { code: 'UPSTREAM_TIMEOUT' } }],
    });
  });

  it('of which thousands of fields fail is one error, and the last', async () => {
    const events = setUp().open([snapshotOf('r1'), snapshotOf('r1')], { fields: 'items { failing }' });
    const { value } = await events.next();
    expect(value).toEqual({
      data: null,
      errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'ANSWER_TOO_LARGE' }) })],
    });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('is told, though it is not shared any more when it is executed', async () => {
    const { open, clock, slow } = setUp();
    const next = open([snapshotOf('r1')], { fields: 'slow' }).next();
    await settle();
    clock.advance(1001);
    slow.resolve(7);
    expect(await next).toEqual({ done: false, value: { data: { slow: 7 } } });
  });

  it('is held for its client until that takes the next, or leaves', async () => {
    const held: number[] = [];
    const hold = (bytes: number) => {
      held.push(bytes);
      return () => void held.splice(held.indexOf(bytes), 1);
    };
    let ends = 0;
    const source = {
      next: () => Promise.resolve({ done: false as const, value: snapshotOf('r1') }),
      return: () => {
        ends += 1;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    };
    const events = setUp().openSource(source, { hold });
    await events.next();
    const [size = 0] = held;
    expect(size).toBeGreaterThan(1000);
    await events.next();
    expect(held).toEqual([size]);
    await events.return(undefined);
    expect([held, ends]).toEqual([[], 1]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('is the end where its source ends, and an error where that fails', async () => {
    const { open, openSource } = setUp();
    const events = open([snapshotOf('r1')]);
    await events.next();
    expect(await events.next()).toEqual({ done: true, value: undefined });
    const failing = openSource({ next: () => Promise.reject(new GatewayError('NOT_FOUND', 'there is none')) });
    expect(await rejectionOf(failing.next())).toMatchObject({
      name: 'SubscriptionError',
      errors: [{ message: 'there is none', extensions: { code: 'NOT_FOUND', requestId: 'r' } }],
    });
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
    const openOthers = async (from: number, to: number) => {
      for (let number = from; number <= to; number += 1)
        await open([snapshotOf(`r${number}`)], { fields: long }).next();
    };
    await openOthers(1, 3000);
    expect(await open([one], { fields: long }).next()).toMatchObject({ value: { data: { ['x'.repeat(900)]: 1 } } });
    await openOthers(3001, 7500);
    expect(await open([one], { fields: long }).next()).toMatchObject({ value: { data: { ['x'.repeat(900)]: 7502 } } });
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
      collectGarbage();
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
