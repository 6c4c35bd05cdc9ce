import { beforeEach, describe, expect, it } from '@jest/globals';
import { createIdempotentStarts } from '../../src/runs/starts/idempotent-starts.ts';
import type { RunStore } from '../../src/runs/run-store.ts';
import { createRunStarter, type RunStarter } from '../../src/runs/starts/run-starter.ts';
import { createStartedRuns, type StartedRuns } from '../../src/runs/starts/started-runs.ts';
import type { CallOptions } from '../../src/upstream/client.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import type { HoldingCache } from '../support/cache.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { runRecord } from '../support/facts.ts';
import { operationOf, viewerOf } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';
import { createRunParts, scriptedApi } from '../support/run-parts.ts';

const REQUEST = { workflowId: 'wf', inputs: { subject: 'a' }, idempotencyKey: null };
const REF = { workflowId: 'wf', runId: 'r1' };

describe('a start of a run', () => {
  let calls: { readonly workflowId: string; readonly inputs: unknown; readonly options: CallOptions }[];
  let failure: Error | null;
  let cache: HoldingCache;
  let store: RunStore;
  let starter: RunStarter;
  let startedRuns: StartedRuns;
  let clock: ManualClock;

  beforeEach(async () => {
    calls = [];
    failure = null;
    clock = createManualClock();
    const upstream = scriptedApi({
      getRun: () => Promise.resolve({ value: runRecord(), sizeBytes: 100 }),
      listSteps: () => Promise.resolve({ value: [], sizeBytes: 100 }),
      execute(workflowId, inputs, options) {
        calls.push({ workflowId, inputs, options });
        return failure ? Promise.reject(failure) : Promise.resolve({ runId: `run-${calls.length}`, message: null });
      },
    });
    const parts = createRunParts(upstream, clock);
    ({ cache, store } = parts);
    startedRuns = createStartedRuns({ fleet: null, source: '', now: clock.now });
    starter = createRunStarter(upstream, cache, createIdempotentStarts({ now: clock.now }), startedRuns);
    await parts.store.record(REF, operationOf('ada'));
  });

  it('is sent with the viewer’s key, as the request of whoever asked, and goes on when they leave', async () => {
    const leaving = AbortSignal.abort();
    expect(await starter.start(REQUEST, operationOf('ada', { signal: leaving }))).toEqual({
      runId: 'run-1',
      message: null,
    });
    const [call] = calls;
    expect(call).toMatchObject({ workflowId: 'wf', inputs: { subject: 'a' } });
    expect(call?.options).toMatchObject({ credential: 'ada', scope: null, requestId: 'request of ada' });
    expect(call?.options.signal.aborted).toBe(false);
  });

  it('is one for each request without a key, and one for all with the same key of a viewer', async () => {
    const start = async (key: string, idempotencyKey: string | null, workflowId = 'wf') =>
      (await starter.start({ ...REQUEST, workflowId, idempotencyKey }, operationOf(key))).runId;
    expect([await start('ada', null), await start('ada', null)]).toEqual(['run-1', 'run-2']);
    expect([await start('ada', 'k'), await start('ada', 'k')]).toEqual(['run-3', 'run-3']);
    expect([await start('ada', 'other'), await start('bob', 'k')]).toEqual(['run-4', 'run-5']);
    expect(await rejectionOf(start('ada', 'k', 'wf-2'))).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('is awaited by its viewer for ten seconds, whether its key was new or not', async () => {
    const isAwaited = (key: string, runId: string) => startedRuns.isAwaited(viewerOf(key), { ...REF, runId });
    const areAwaited = async () => [await isAwaited('ada', 'run-1'), await isAwaited('ada', 'run-2')];
    for (const idempotencyKey of [null, 'k']) await starter.start({ ...REQUEST, idempotencyKey }, operationOf('ada'));
    clock.advance(4000);
    await starter.start({ ...REQUEST, idempotencyKey: 'k' }, operationOf('ada'));
    expect([await isAwaited('bob', 'run-1'), await isAwaited('ada', 'run-3')]).toEqual([false, false]);
    clock.advance(5999);
    expect(await areAwaited()).toEqual([true, true]);
    clock.advance(1);
    expect(await areAwaited()).toEqual([false, true]);
    clock.advance(4000);
    expect(await areAwaited()).toEqual([false, false]);
  });

  it('takes from the operation’s budget, and is not sent where there is none left', async () => {
    const operation = operationOf('ada', { maxCalls: 1 });
    await starter.start(REQUEST, operation);
    expect(await rejectionOf(starter.start(REQUEST, operation))).toMatchObject({ code: 'UPSTREAM_BUDGET_EXCEEDED' });
    expect(calls).toHaveLength(1);
  });

  it('that is denied leaves nothing of the viewer cached, and any other failure does', async () => {
    failure = new GatewayError('NOT_FOUND', 'no such workflow');
    expect(await rejectionOf(starter.start(REQUEST, operationOf('ada')))).toBe(failure);
    expect(cache.hasProvenRight(viewerOf('ada'))).toBe(true);
    failure = new GatewayError('FORBIDDEN', 'no');
    expect(await rejectionOf(starter.start(REQUEST, operationOf('ada')))).toBe(failure);
    expect(cache.hasProvenRight(viewerOf('ada'))).toBe(false);
  });

  it('that is denied each time evicts what may be read once, and once more where one was allowed in between', async () => {
    const isEvicted = async (outcome: GatewayError | null) => {
      await store.steps(REF, operationOf('ada'));
      failure = outcome;
      await Promise.allSettled([starter.start(REQUEST, operationOf('ada'))]);
      return !cache.hasProvenRight(viewerOf('ada'));
    };
    const forbidden = new GatewayError('FORBIDDEN', 'no');
    expect([await isEvicted(forbidden), await isEvicted(forbidden)]).toEqual([true, false]);
    expect([await isEvicted(null), await isEvicted(forbidden)]).toEqual([false, true]);
  });
});
