import { describe, expect, it, jest } from '@jest/globals';
import type { GraphQLResolveInfo } from 'graphql';
import { createContext, type ContextRequest, type ContextSource } from '../../src/graphql/context.ts';
import { createReportedErrors } from '../../src/graphql/lists/reported-errors.ts';
import type { Payload } from '../../src/domain/types.ts';
import { createReadingQueue, TURN_BYTES } from '../../src/graphql/reading-turns.ts';
import { settleAll } from '../../src/graphql/lists/settle.ts';
import { ofWorkflow, severalWorkflows } from '../../src/graphql/lists/several-workflows.ts';
import { createAnswerLifetime } from '../../src/runs/operation.ts';
import type { WorkflowStore } from '../../src/runs/workflow-store.ts';
import { AbandonedError, GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock } from '../harness/clock.ts';
import { payloadOf, runOf, stepFacts } from '../support/facts.ts';
import { viewerOf } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';

/** Of outputs of this size. */
const payloadOfBytes = (sizeBytes: number): Payload => payloadOf({ outputs: 'x'.repeat(sizeBytes - 2) });

describe('the context of an operation', () => {
  const { now } = createManualClock();
  const readingQueue = createReadingQueue();
  const viewer = viewerOf('key-1');
  const signal = () => new AbortController().signal;

  const contextOf = (request: Partial<ContextRequest> = {}, source: Partial<ContextSource> = {}) =>
    createContext({ now, readingQueue, maxUpstreamCalls: 1, maxObjects: 2, prices: null, ...source } as ContextSource, {
      ...{ viewer, authError: null, requestId: 'r', signal },
      ...request,
    });

  it('reads the clock once, and has the budgets of one operation', () => {
    const context = contextOf();
    expect(context.nowMs).toBe(now());
    const operation = context.operation();
    expect(operation).toMatchObject({ viewer, requestId: 'r', signal, lifetime: context.lifetime });
    operation.budget.take(true);
    expect(() => {
      operation.budget.take(true);
    }).toThrow(expect.objectContaining({ code: 'UPSTREAM_BUDGET_EXCEEDED' }));
    expect(() => {
      context.budgets.objects.take(3);
    }).toThrow(expect.objectContaining({ code: 'ANSWER_TOO_LARGE' }));
  });

  it('says without a viewer why there is none, where one is needed', () => {
    expect(() => contextOf({ viewer: null }).operation()).toThrow(
      expect.objectContaining({ code: 'UNAUTHENTICATED', message: expect.stringContaining('Authorization: Bearer') }),
    );
    const authError = new GatewayError('FORBIDDEN', 'not you');
    expect(() => contextOf({ viewer: null, authError }).operation()).toThrow(authError);
  });

  it('asks the upstream whether a key is good, once, unless that is known', async () => {
    const callsOf = async (isVerified: boolean, isProven: boolean) => {
      let calls = 0;
      const recent = () => {
        calls += 1;
        return Promise.resolve(new Map());
      };
      const cache = { hasProvenRight: () => isProven };
      const context = contextOf({}, { isVerified, cache, workflowStore: { recent } as unknown as WorkflowStore });
      for (let time = 0; time < 2; time += 1) await context.proveRight();
      return calls;
    };
    expect(await callsOf(true, false)).toBe(0);
    expect(await callsOf(false, true)).toBe(0);
    expect(await callsOf(false, false)).toBe(1);
  });

  it('takes an error apart once', () => {
    const context = contextOf();
    const errorInfo = (text: string | null) => context.errorInfo(text);
    expect(errorInfo(null)).toBeNull();
    const text = '{"message":"no","code":7}';
    expect(errorInfo(text)).toMatchObject({ message: 'no', code: '7', raw: text });
    expect(errorInfo(text)).toBe(errorInfo(text));
    expect(errorInfo('other')).toMatchObject({ message: 'other' });
  });

  it('has all of its budgets anew where the operation is executed from the beginning', () => {
    const context = contextOf();
    const before = { ...context.budgets };
    before.objects.take(2);
    context.renewBudgets();
    context.budgets.objects.take(2);
    const names = Object.keys(before) as (keyof typeof before)[];
    for (const name of names) expect([name, context.budgets[name] !== before[name]]).toEqual([name, true]);
  });

  it('keeps what was read of payloads, and what runs cost', () => {
    const context = contextOf();
    const read = jest.fn(() => null);
    const [one, other] = [stepFacts().payload, stepFacts().payload];
    expect([one, other, one].map((key) => context.conversation(key, read))).toEqual([null, null, null]);
    expect(read).toHaveBeenCalledTimes(2);
    const add = jest.fn(() => ({ amount: 1, currency: 'USD', stepsPriced: 1, stepsUnpriced: 0 }));
    const run = runOf([]);
    expect(context.runCost(run, add)).toBe(context.runCost(run, add));
    expect(add).toHaveBeenCalledTimes(1);
  });

  it('reads no more payloads when its client has gone', async () => {
    const client = new AbortController();
    const { readings } = contextOf({ signal: () => client.signal });
    expect(readings.take(payloadOfBytes(TURN_BYTES), ['outputs'], () => 1)).toBe(1);
    const waiting = Promise.resolve(readings.take(payloadOfBytes(TURN_BYTES), ['outputs'], () => 2));
    client.abort();
    expect(await rejectionOf(waiting)).toBeInstanceOf(AbandonedError);
  });

  it('is refused where its client can not hold a long payload, before that is read', () => {
    const held: string[] = [];
    const hold = (bytes: number) => {
      held.push(`hold ${bytes}`);
      return () => void held.push(`free ${bytes}`);
    };
    const read = () => void held.push('read');
    void contextOf({ hold }).readings.take(payloadOfBytes(2 ** 20), ['outputs'], read);
    expect(held).toEqual(['hold 1048576', 'free 1048576', 'read']);
    void contextOf().readings.take(payloadOfBytes(2 ** 20), ['outputs'], read);
    expect(held).toEqual(['hold 1048576', 'free 1048576', 'read', 'read']);
  });
});

describe('an error beside a value', () => {
  const info = (...keys: readonly (string | number)[]) =>
    ({ path: keys.reduce<unknown>((prev, key) => ({ prev, key }), undefined) }) as GraphQLResolveInfo;
  const late = (details = {}) => new GatewayError('UPSTREAM_TIMEOUT', 'late', details);

  it('stands at the path of its field, once, and the answer is not cached', () => {
    const lifetime = createAnswerLifetime();
    const reported = createReportedErrors(lifetime);
    expect(reported.all()).toEqual([]);
    expect(lifetime.untilMs).toBe(Infinity);
    for (let time = 0; time < 2; time += 1) {
      reported.add(late({ workflowId: 'a' }), info('list'));
      reported.add(late({ workflowId: 'b' }), info('list'));
      reported.add(late({ workflowId: 'a' }), info('list', 1));
      reported.add(new GatewayError('NOT_FOUND', 'none', { workflowId: 'a' }), info('list'));
    }
    expect(
      reported
        .all()
        .map(({ path, originalError }) => [
          path,
          (originalError as GatewayError).code,
          (originalError as GatewayError).details,
        ]),
    ).toEqual([
      [['list'], 'UPSTREAM_TIMEOUT', { workflowId: 'a' }],
      [['list'], 'UPSTREAM_TIMEOUT', { workflowId: 'b' }],
      [['list', 1], 'UPSTREAM_TIMEOUT', { workflowId: 'a' }],
      [['list'], 'NOT_FOUND', { workflowId: 'a' }],
    ]);
    expect(lifetime.untilMs).toBe(0);
  });
});

describe('a list over workflows', () => {
  const listing = (count: number) => () => ({
    list: () => Promise.resolve(new Map(Array.from({ length: count }, (_, at) => [`wf-${at}`, {} as never]))),
  });
  const names = (count: number) => Array.from({ length: count }, (_, at) => `wf-${at}`);

  it('is over those that are named, each once, or over all, at most 100', async () => {
    expect(await severalWorkflows(['b', 'a', 'b'], listing(3))).toEqual(['b', 'a']);
    expect(await severalWorkflows([], listing(3))).toEqual([]);
    for (const none of [null, undefined]) expect(await severalWorkflows(none, listing(100))).toEqual(names(100));
    expect(await rejectionOf(severalWorkflows(names(101), listing(1)))).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'workflowIds: expected at most 100, got 101',
    });
    expect(await rejectionOf(severalWorkflows(null, listing(101)))).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'workflowIds: expected the ids of at most 100 workflows, since there are 101',
    });
  });

  it('names the workflow that it has to do without', () => {
    const error = ofWorkflow(new GatewayError('NOT_FOUND', 'none', { upstreamStatus: 404 }), 'wf');
    expect(error).toMatchObject({
      code: 'NOT_FOUND',
      message: 'none',
      details: { upstreamStatus: 404, workflowId: 'wf' },
    });
  });
});

describe('a list whose items fail alone', () => {
  it('has an Error in place of an item that fails', async () => {
    const failed = new Error('failed');
    const items = settleAll([1, 2, 3], (item) => {
      if (item === 2) throw failed;
      return item === 3 ? Promise.resolve(item) : item;
    });
    expect([items[0], items[1], await items[2]]).toEqual([1, failed, 3]);
  });
});
