import { describe, expect, it } from '@jest/globals';
import { buildSchema, parse } from 'graphql';
import { attachResolvers } from '../../src/graphql/attach-resolvers.ts';
import { createContext, type ContextSource } from '../../src/graphql/context.ts';
import { createLiveExecutor } from '../../src/graphql/live-executor.ts';
import type { LiveEvents } from '../../src/graphql/live-event.ts';
import { createManualClock } from '../support/clock.ts';

const DEFECT = {};

/** A live executor whose subscription tells how often it was executed, over states that the test gives. */
function setUp() {
  const clock = createManualClock();
  let executions = 0;
  let states: readonly unknown[] = [];
  const schema = buildSchema('type Query { a: Int } type Subscription { told(by: Int): Int! }');
  attachResolvers(schema, {
    Subscription: {
      told: {
        async *subscribe() {
          await Promise.resolve();
          yield* states;
        },
        resolve(state: unknown) {
          if (state === DEFECT) throw new Error('a defect');
          executions += 1;
          return executions;
        },
      },
    },
  });
  // Nothing else of it is looked at before an operation reads something.
  const contextSource = { now: clock.now, maxUpstreamCalls: 1 } as unknown as ContextSource;
  const executor = createLiveExecutor({
    schema,
    contextSource,
    executor: () => ({ data: { isQuery: true } }),
    report: (errors) => errors.map(({ message }) => ({ message })),
  });

  return {
    clock,
    give: (...given: readonly unknown[]): void => {
      states = given;
    },
    open: async (
      variables: Readonly<Record<string, unknown>> = {},
      text = 'subscription($by: Int) { told(by: $by) }',
    ) => {
      const taken: LiveEvents[] = [];
      const request = { viewer: null, requestId: 'r', signal: () => new AbortController().signal, mayAct: true };
      const context = createContext(contextSource, { ...request, takeEvents: (events) => void taken.push(events) });
      const operation = { document: parse(text), queryHash: text, operationName: null, variables, context };
      return { result: await executor(operation), events: taken[0] };
    },
  };
}

describe('the live executor', () => {
  it('executes an event once for all who ask the same of the same state in the same second', async () => {
    const { open, give, clock } = setUp();
    const state = {};
    give(state, {});
    const [one, another, different, text] = [
      await open({ by: 1 }),
      await open({ by: 1 }),
      await open({ by: 2 }),
      await open({ by: 1 }, 'subscription($by: Int) { told(by: $by) __typename }'),
    ].map(({ events }) => events);
    const first = await one?.next();
    expect(first).toEqual({ done: false, value: { data: { told: 1 } } });
    expect((await another?.next())?.value).toBe(first?.value);
    expect(await different?.next()).toEqual({ done: false, value: { data: { told: 2 } } });
    expect(await text?.next()).toMatchObject({ value: { data: { told: 3 } } });
    // Another state, and the same state a second later.
    expect(await one?.next()).toEqual({ done: false, value: { data: { told: 4 } } });
    clock.advance(1000);
    const { events: late } = await open({ by: 1 });
    expect(await late?.next()).toEqual({ done: false, value: { data: { told: 5 } } });
  });

  it('ends with an event that has no data', async () => {
    const { open, give } = setUp();
    give(DEFECT, {});
    const { result, events } = await open();
    expect(result).toEqual({ data: null });
    expect(await events?.next()).toEqual({ done: false, value: { data: null, errors: [{ message: 'a defect' }] } });
    expect(await events?.next()).toEqual({ done: true, value: undefined });
  });

  it('reports what a source throws as a defect, unless it names its field', async () => {
    const { open, give } = setUp();
    // No object, so that it can't be told apart from others: what is shared of it has nowhere to be kept.
    give('text');
    const { events } = await open();
    await expect(events?.next()).rejects.toMatchObject({ errors: [{ message: 'defect' }] });
  });

  it('leaves everything else to the other executor', async () => {
    const { open } = setUp();
    expect(await open({}, '{ a }')).toEqual({ result: { data: { isQuery: true } }, events: undefined });
  });
});
