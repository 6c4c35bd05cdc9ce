import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RunRecord, StepFacts, WorkflowRecord } from '../../src/domain/types.ts';
import { createRunLoaders, type RunLoaders, type DataRequirement } from '../../src/runs/loaders/run-loaders.ts';
import { createWorkflowLoaders } from '../../src/runs/loaders/workflow-loaders.ts';
import type { RunRef, UpstreamAnswer } from '../../src/upstream/client.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import type { Scope } from '../../src/upstream/scope.ts';
import { createManualClock, type ManualClock } from '../support/clock.ts';
import { at, graphOf, listed, ran, runRecord, workflowRecord } from '../support/facts.ts';
import { operationOf, settle, viewerOf } from '../support/operations.ts';
import { gatewayErrorOf } from '../support/rejection.ts';
import { createRunParts, scriptedApi } from '../support/run-parts.ts';

const LIVE_TTL_MS = 1000;
const REF = { workflowId: 'wf', runId: 'r1' };
const ref = (runId: string): RunRef => ({ ...REF, runId });

const missing = () => new GatewayError('NOT_FOUND', 'no such run', { upstreamStatus: 404 });
const outage = () => new GatewayError('UPSTREAM_UNAVAILABLE', 'down', { upstreamStatus: 503 });

const running = (id = 'r1') => runRecord({ id, rawStatus: 'running', endTime: null });
const STEPS = listed([ran('a', 0, 4), ran('b', 4, 10)]);

/** The upstream's answers; errors are thrown, promises awaited. */
interface Upstream {
  record: (ref: RunRef) => RunRecord | null | Promise<RunRecord | null>;
  steps: (ref: RunRef) => readonly StepFacts[] | Promise<readonly StepFacts[]>;
  workflows: () => readonly WorkflowRecord[];
}

const throwing = (error: Error) => () => {
  throw error;
};

describe('the run loaders', () => {
  let clock: ManualClock;
  let upstream: Upstream;
  let calls: string[];

  const answerOf = async <T>(name: string, read: () => T | Promise<T>): Promise<UpstreamAnswer<T>> => {
    calls.push(name);
    return { value: await read(), sizeBytes: 100 };
  };
  const api = scriptedApi({
    getRun: (run) => answerOf(`record ${run.runId}`, () => upstream.record(run)),
    listSteps: (run) => answerOf(`steps ${run.runId}`, () => upstream.steps(run)),
    listWorkflows: () => answerOf('workflows', () => upstream.workflows()),
  });

  /** Each call returns the loaders of a new operation over the same store. */
  function createOperations(offersRecords = true, scope: Scope | null = null): () => RunLoaders {
    const { store, workflowStore } = createRunParts(api, clock, { liveTtlMs: LIVE_TTL_MS, offersRecords });
    return () => {
      const operation = { ...operationOf('ada'), viewer: viewerOf('ada', scope) };
      return createRunLoaders(store, createWorkflowLoaders(workflowStore, operation), operation, clock.now());
    };
  }

  beforeEach(() => {
    clock = createManualClock();
    calls = [];
    upstream = { record: ({ runId }) => runRecord({ id: runId }), steps: () => STEPS, workflows: () => [] };
  });

  it('derive a run once for one clock reading, also where it is under way', async () => {
    upstream.record = () => running();
    const operations = createOperations();
    const [first, again] = [operations(), operations()];
    const run = await first.load(REF, 'STEPS');
    const isSame = async (loaders: RunLoaders) => (await loaders.load(REF, 'STEPS')) === run;
    expect([await isSame(first), await isSame(again)]).toEqual([true, true]);
    clock.advance(1);
    expect(await isSame(operations())).toBe(false);
    expect(calls).toEqual(['record r1', 'steps r1']);
  });

  describe('for fields of the record', () => {
    const suffices: readonly (readonly [string, RunRecord])[] = [
      ['finished', runRecord()],
      ['failed', runRecord({ rawStatus: 'failed' })],
      ['running', running()],
      ['queued, with a start', runRecord({ rawStatus: 'queued', endTime: null })],
    ];
    it.each(suffices)('make no other call for a run that is %s', async (_, record) => {
      upstream.record = () => record;
      const run = await createOperations()().load(REF, 'RECORD');
      expect(calls).toEqual(['record r1']);
      expect(run).toMatchObject({ id: 'r1', statusIsInferred: false });
      // Reading more than was requested is a defect, which must be visible.
      expect(() => run.steps).toThrow('without its steps');
    });

    const lacking: readonly (readonly [string, RunRecord | null])[] = [
      ['there is none', null],
      ['it tells no start', runRecord({ startTime: null })],
      ['it is terminal and tells no end', runRecord({ endTime: null })],
      ['its status is a word that nobody knows', runRecord({ rawStatus: 'archived' })],
    ];
    it.each(lacking)('load the steps, too, where %s', async (_, record) => {
      upstream.record = () => record;
      const run = await createOperations()().load(REF, 'RECORD');
      expect(calls).toEqual(['record r1', 'steps r1']);
      expect([run.startedAt?.text, run.endedAt?.text]).toEqual([at(0).text, at(10).text]);
      expect(run.steps).toHaveLength(2);
    });
  });

  describe('for fields of the steps', () => {
    it('load record and steps concurrently', async () => {
      const record = Promise.withResolvers<RunRecord>();
      const steps = Promise.withResolvers<readonly StepFacts[]>();
      upstream.record = () => record.promise;
      upstream.steps = () => steps.promise;
      const loading = createOperations()().load(REF, 'STEPS');
      await settle();
      expect(calls).toEqual(['record r1', 'steps r1']);
      steps.resolve(STEPS);
      record.resolve(runRecord());
      expect(await loading).toMatchObject({ status: 'COMPLETED', stepCounts: { total: 2 } });
    });

    it('load no record where the upstream offers none', async () => {
      const run = await createOperations(false)().load(REF, 'RECORD');
      expect(calls).toEqual(['steps r1']);
      expect(run).toMatchObject({ status: 'COMPLETED', statusIsInferred: true });
    });

    it('infer the status where there is no record', async () => {
      upstream.record = throwing(missing());
      const run = await createOperations()().load(REF, 'STEPS');
      expect(run).toMatchObject({ status: 'COMPLETED', statusIsInferred: true, freshness: { isFinal: true } });
    });

    it.each(['running', 'queued', 'archived'])(
      'take a 404 beside a record that says "%s" for no steps',
      async (word) => {
        upstream.record = () => ({ ...running(), rawStatus: word });
        upstream.steps = throwing(missing());
        const run = await createOperations()().load(REF, 'STEPS');
        expect(run).toMatchObject({
          steps: [],
          stepCounts: { total: 0 },
          freshness: { isFinal: false, isStale: false },
        });
        expect(calls).toEqual(['record r1', 'steps r1']);
      },
    );

    it.each(['completed', 'failed', 'cancelled'])(
      'take it for what it is beside a record that says "%s"',
      async (word) => {
        upstream.record = () => runRecord({ rawStatus: word });
        upstream.steps = throwing(missing());
        const run = await createOperations()().load(REF, 'STEPS');
        expect(run.endedAt).toEqual(at(10));
        expect(() => run.steps).toThrow('no such run');
      },
    );

    it('hide the run for a 404 to a viewer of one organization: its steps may be of another', async () => {
      upstream.steps = throwing(missing());
      const load = createOperations(true, { organizationId: 'org-1', workflowIds: null })().load(REF, 'STEPS');
      expect(await gatewayErrorOf(Promise.resolve(load))).toMatchObject({ code: 'NOT_FOUND' });
    });

    it('reject with NOT_FOUND where there is neither record nor steps', async () => {
      upstream.record = throwing(missing());
      upstream.steps = throwing(missing());
      const operation = createOperations()();
      expect((await gatewayErrorOf(Promise.try(() => operation.load(REF, 'STEPS')))).code).toBe('NOT_FOUND');
      expect(await operation.loadWithSteps(REF)).toBeNull();
    });

    it('keep what the record tells where the steps fail; whatever needs them throws their error', async () => {
      upstream.steps = throwing(outage());
      const operation = createOperations()();
      const run = await operation.load(REF, 'STEPS');
      expect(run).toMatchObject({
        status: 'COMPLETED',
        wallClockMs: 10_000,
        freshness: { isFinal: true, isStale: false },
      });
      for (const name of ['steps', 'stepCounts', 'timing', 'lastActivityAt', 'tokenUsage'] as const) {
        expect(() => run[name]).toThrow('down');
      }
      expect((await gatewayErrorOf(operation.loadWithSteps(REF))).code).toBe('UPSTREAM_UNAVAILABLE');
    });

    it('have the steps as soon as they can be had: nothing is kept of the failure', async () => {
      const operations = createOperations();
      upstream.steps = throwing(outage());
      await operations().load(REF, 'STEPS');
      upstream.steps = () => STEPS;
      expect((await operations().load(REF, 'STEPS')).steps).toHaveLength(2);
    });

    it.each([401, 403])('reject where the steps are denied by %i: nothing of the run is served', async (status) => {
      const denied = new GatewayError(status === 401 ? 'UNAUTHENTICATED' : 'FORBIDDEN', 'no');
      upstream.steps = throwing(denied);
      expect(await gatewayErrorOf(Promise.resolve(createOperations()().load(REF, 'STEPS')))).toBe(denied);
    });

    it('reject with the error of the record, whichever is answered first', async () => {
      const record = Promise.withResolvers<RunRecord>();
      upstream.record = () => record.promise;
      upstream.steps = throwing(missing());
      const loading = gatewayErrorOf(Promise.resolve(createOperations()().load(REF, 'STEPS')));
      await settle();
      record.reject(outage());
      expect((await loading).code).toBe('UPSTREAM_UNAVAILABLE');
    });

    it('reject with the error of the steps where there is no record', async () => {
      upstream.record = () => null;
      upstream.steps = throwing(outage());
      const operations = [createOperations(), createOperations(false)];
      for (const operation of operations) {
        const error = await gatewayErrorOf(Promise.resolve(operation().load(REF, 'RECORD')));
        expect(error.code).toBe('UPSTREAM_UNAVAILABLE');
      }
    });
  });

  describe('for fields of the graph', () => {
    const workflow = (id: string) => workflowRecord({ id, graph: graphOf('a>b') });

    it('load the list of workflows once for many runs', async () => {
      upstream.workflows = () => [workflow('wf')];
      const operation = createOperations()();
      const runs = await Promise.all(['r1', 'r2'].map(async (id) => operation.load(ref(id), 'GRAPH')));
      expect(runs.map(({ criticalPath }) => criticalPath.isInferred)).toEqual([false, false]);
      expect(calls.filter((call) => call === 'workflows')).toHaveLength(1);
    });

    it.each([
      ['there is no such workflow', () => [workflow('another')]],
      ['the list can not be had', throwing(outage())],
    ])('derive the run without it where %s', async (_, workflows) => {
      upstream.workflows = workflows;
      const run = await createOperations()().load(REF, 'GRAPH');
      expect(run.criticalPath.isInferred).toBe(true);
    });

    it('reject where access to it is denied', async () => {
      upstream.workflows = throwing(new GatewayError('UNAUTHENTICATED', 'no'));
      expect((await gatewayErrorOf(Promise.try(() => createOperations()().load(REF, 'GRAPH')))).code).toBe(
        'UNAUTHENTICATED',
      );
    });
  });

  describe('for a run that was just started', () => {
    it('return a run without steps until the upstream shows it', async () => {
      upstream.record = throwing(missing());
      upstream.steps = throwing(missing());
      const run = await createOperations()().loadStarted(REF, 'STEPS');
      expect(run).toMatchObject({ id: 'r1', steps: [], freshness: { isFinal: false, isStale: false } });
    });

    it('return the run as soon as the upstream shows it', async () => {
      upstream.record = () => running();
      expect(await createOperations()().loadStarted(REF, 'STEPS')).toMatchObject({ status: 'RUNNING' });
    });
  });

  describe('within one operation', () => {
    it('read every part of a run once, so that all fields agree, however long it takes', async () => {
      upstream.record = () => running();
      const operation = createOperations()();
      const first = await operation.load(REF, 'RECORD');
      clock.advance(10 * LIVE_TTL_MS);
      upstream.record = () => runRecord();
      const later = await operation.load(REF, 'STEPS');
      expect([first.status, later.status]).toEqual(['RUNNING', 'RUNNING']);
      expect(calls).toEqual(['record r1', 'steps r1']);
    });

    it('tell runs with similar ids apart', async () => {
      const refs = [
        { workflowId: 'a', runId: 'b-c' },
        { workflowId: 'a-b', runId: 'c' },
        { workflowId: 'a', runId: 'c' },
        { workflowId: 'b', runId: 'b-c' },
      ];
      upstream.steps = ({ workflowId }) => listed([ran(workflowId, 0, 1)]);
      const operation = createOperations()();
      const runs = await Promise.all(refs.map(async (each) => operation.load(each, 'STEPS')));
      expect(runs.map((run) => run.steps[0]?.nodeId)).toEqual(['a', 'a-b', 'a', 'b']);
    });

    it('let each run fail alone, in whatever order the answers come', async () => {
      const slow = Promise.withResolvers<RunRecord>();
      upstream.record = ({ runId }) => {
        if (runId === 'slow') return slow.promise;
        if (runId === 'gone') throw missing();
        if (runId === 'down') throw outage();
        return runRecord({ id: runId, outputs: runId });
      };
      upstream.steps = ({ runId }) => (runId === 'gone' ? throwing(missing())() : STEPS);
      const operation = createOperations()();
      const loading = Promise.allSettled(
        ['slow', 'gone', '..', 'down', 'fine'].map((id) => Promise.try(() => operation.load(ref(id), 'STEPS'))),
      );
      await settle();
      slow.resolve(runRecord({ id: 'slow', outputs: 'slow' }));
      const outcomes = (await loading).map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.outputs : (outcome.reason as GatewayError).code,
      );
      expect(outcomes).toEqual(['slow', 'NOT_FOUND', 'BAD_USER_INPUT', 'UPSTREAM_UNAVAILABLE', 'fine']);
    });

    it.each<DataRequirement>(['RECORD', 'STEPS', 'GRAPH'])(
      'make no call for an invalid id: %s',
      async (requirement) => {
        const operation = createOperations()();
        for (const bad of ['', '..', 'a\nb']) {
          for (const each of [ref(bad), { ...REF, workflowId: bad }]) {
            expect((await gatewayErrorOf(Promise.try(() => operation.load(each, requirement)))).code).toBe(
              'BAD_USER_INPUT',
            );
          }
        }
        expect(calls).toEqual([]);
      },
    );
  });

  describe('across operations', () => {
    it('return the same object while a final run is cached, so that nothing is derived twice', async () => {
      const operations = createOperations();
      const first = await operations().load(REF, 'STEPS');
      clock.advance(100_000);
      expect(await operations().load(REF, 'STEPS')).toBe(first);
      expect(first.freshness).toMatchObject({ isFinal: true, isStale: false });
      expect(calls).toHaveLength(2);
    });

    it('derive a live run each time, since it depends on the clock', async () => {
      upstream.record = () => running();
      upstream.steps = () => listed([ran('a', 0, null, 'running')]);
      const operations = createOperations();
      const first = await operations().load(REF, 'STEPS');
      clock.advance(LIVE_TTL_MS - 1);
      const second = await operations().load(REF, 'STEPS');
      expect((second.steps[0]?.durationMs ?? 0) - (first.steps[0]?.durationMs ?? 0)).toBe(LIVE_TTL_MS - 1);
      expect(calls).toHaveLength(2);
    });

    it('load steps again that were requested before the record was known to be terminal', async () => {
      const ended = { ...runRecord(), endTime: at((clock.now() - Date.UTC(2025, 2, 13, 2, 41)) / 1000) };
      upstream.record = () => ended;
      const operations = createOperations();
      for (let turn = 0; turn < 4; turn += 1) {
        await operations().load(REF, 'STEPS');
        clock.advance(LIVE_TTL_MS);
      }
      expect(calls).toEqual(['record r1', 'steps r1', 'steps r1']);
    });

    it('mark a run with a stale part as stale, and do not cache it', async () => {
      upstream.record = () => running();
      const operations = createOperations();
      await operations().load(REF, 'STEPS');
      clock.advance(LIVE_TTL_MS);
      upstream.record = () => runRecord();
      upstream.steps = throwing(outage());
      const stale = await operations().load(REF, 'STEPS');
      expect(stale).toMatchObject({
        status: 'COMPLETED',
        freshness: { isStale: true, staleReason: 'UPSTREAM_UNAVAILABLE: down' },
      });
      clock.advance(LIVE_TTL_MS);
      upstream.steps = () => STEPS;
      expect((await operations().load(REF, 'STEPS')).freshness).toMatchObject({ isFinal: true, isStale: false });
    });
  });
});
