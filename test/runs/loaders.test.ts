import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RunRecord, StepFacts, WorkflowRecord } from '../../src/domain/types.ts';
import { createRunLoaders, type RunLoaders, type DataRequirement } from '../../src/runs/loaders/run-loaders.ts';
import type { Operation } from '../../src/runs/operation.ts';
import { createWorkflowLoaders, type WorkflowLoaders } from '../../src/runs/loaders/workflow-loaders.ts';
import type { RunRef, UpstreamAnswer } from '../../src/upstream/client.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import type { Scope } from '../../src/upstream/scope.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { at, graphOf, listed, ran, runRecord, workflowRecord } from '../support/facts.ts';
import { operationOf, settle, viewerOf } from '../support/operations.ts';
import { gatewayErrorOf, rejectionOf } from '../support/rejection.ts';
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

  interface Loaders extends RunLoaders {
    readonly operation: Operation;
    readonly workflows: WorkflowLoaders;
  }

  /** Each call returns the loaders of a new operation over the same store. */
  function createOperations(offersRecords = true, scope: Scope | null = null): () => Loaders {
    const { store, workflowStore } = createRunParts(api, clock, { liveTtlMs: LIVE_TTL_MS, offersRecords });
    return () => {
      const operation = { ...operationOf('ada'), viewer: viewerOf('ada', scope) };
      const workflows = createWorkflowLoaders(workflowStore, operation);
      return { ...createRunLoaders(store, workflows, operation, clock.now()), operation, workflows };
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
      ['it has finished', runRecord()],
      ['it has failed', runRecord({ rawStatus: 'failed' })],
      ['it runs', running()],
      ['it is queued', runRecord({ rawStatus: 'queued', startTime: null, endTime: null })],
      ['it is queued, with a start', runRecord({ rawStatus: 'queued', endTime: null })],
      ['its status is a word that nobody knows', runRecord({ rawStatus: 'archived' })],
    ];
    const lacking: readonly (readonly [string, RunRecord])[] = [
      ['it tells no start', runRecord({ startTime: null })],
      ['it is terminal and tells no end', runRecord({ endTime: null })],
      ['it is of an unknown status and tells no start', runRecord({ rawStatus: 'archived', startTime: null })],
    ];
    it.each<readonly [DataRequirement, string, RunRecord]>([
      ...[...suffices, ...lacking].map(([state, record]) => ['RECORD', state, record] as const),
      ...suffices.map(([state, record]) => ['TIMES', state, record] as const),
    ])('make no other call for the %s where %s', async (requirement, _, record) => {
      upstream.record = () => record;
      const run = await createOperations()().load(REF, requirement);
      expect(calls).toEqual(['record r1']);
      expect(run).toMatchObject({ id: 'r1', statusIsInferred: false });
      // Reading more than was requested is a defect, which must be visible.
      expect(() => run.steps).toThrow('without its steps');
    });

    it.each<readonly [DataRequirement, string, RunRecord | null]>([
      ['RECORD', 'there is none', null],
      ['TIMES', 'there is none', null],
      ...lacking.map(([state, record]) => ['TIMES', state, record] as const),
    ])('load the steps, too, for the %s where %s', async (requirement, _, record) => {
      upstream.record = () => record;
      const run = await createOperations()().load(REF, requirement);
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

    it('throw their error also beside a record of a run that is under way', async () => {
      upstream.record = () => running();
      upstream.steps = throwing(outage());
      const run = await createOperations()().load(REF, 'STEPS');
      expect(run.status).toBe('RUNNING');
      expect(() => run.steps).toThrow('down');
    });

    it('return them with the run where they are insisted on', async () => {
      expect((await createOperations()().loadWithSteps(REF))?.steps).toHaveLength(2);
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

    it('load it also where the rest is cached', async () => {
      upstream.workflows = () => [workflow('wf')];
      const operations = createOperations();
      await operations().load(REF, 'STEPS');
      expect((await operations().load(REF, 'GRAPH')).criticalPath.isInferred).toBe(false);
    });

    it('reject where access to it is denied', async () => {
      upstream.workflows = throwing(new GatewayError('UNAUTHENTICATED', 'no'));
      expect((await gatewayErrorOf(Promise.try(() => createOperations()().load(REF, 'GRAPH')))).code).toBe(
        'UNAUTHENTICATED',
      );
    });
  });

  describe('for workflows', () => {
    beforeEach(() => {
      upstream.workflows = () => [workflowRecord({ id: 'wf', name: 'Mail' })];
    });

    it('read each list once, however long the operation takes', async () => {
      const { workflows } = createOperations()();
      for (let turn = 0; turn < 2; turn += 1) {
        expect((await workflows.find('wf')).name).toBe('Mail');
        await workflows.list();
        clock.advance(100_000);
      }
      expect(calls).toEqual(['workflows']);
    });

    it('find them in the list that the operation has read', async () => {
      const { workflows } = createOperations()();
      const list = await workflows.list();
      clock.advance(100_000);
      expect(await workflows.known()).toBe(list);
    });

    it('find none by another id', async () => {
      const { workflows } = createOperations()();
      expect(await gatewayErrorOf(workflows.find('other'))).toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  describe('for a record that came in a list', () => {
    const served = (record: RunRecord) => ({
      cached: { value: record, sentAt: clock.now(), fetchedAt: clock.now(), sizeBytes: 100 },
      staleReason: null,
    });

    it('make no call where it suffices', async () => {
      const run = await createOperations()().ofRecord(REF, served(runRecord()), 'RECORD');
      expect([run?.status, calls]).toEqual(['COMPLETED', []]);
    });

    it.each<readonly [string, RunRecord, DataRequirement]>([
      ['it does not suffice', runRecord({ endTime: null }), 'TIMES'],
      ['they are asked for', runRecord(), 'STEPS'],
    ])('load the steps, and no record, where %s', async (_, record, requirement) => {
      const run = await createOperations()().ofRecord(REF, served(record), requirement);
      expect([run?.steps.length, calls]).toEqual([2, ['steps r1']]);
    });

    it('load the graph where it is asked for', async () => {
      upstream.workflows = () => [workflowRecord({ id: 'wf', graph: graphOf('a>b') })];
      const run = await createOperations()().ofRecord(REF, served(runRecord()), 'GRAPH');
      expect(run?.criticalPath.isInferred).toBe(false);
    });

    it('return the run without its steps where they fail', async () => {
      upstream.steps = throwing(outage());
      const run = await createOperations()().ofRecord(REF, served(runRecord()), 'STEPS');
      expect(run?.status).toBe('COMPLETED');
      expect(() => run?.steps).toThrow('down');
    });

    it('leave out the run where its steps are not in the scope', async () => {
      upstream.steps = throwing(missing());
      const operation = createOperations(true, { organizationId: 'org-1', workflowIds: null })();
      expect(await operation.ofRecord(REF, served(runRecord()), 'STEPS')).toBeNull();
    });

    it('reject where access is denied', async () => {
      upstream.steps = throwing(new GatewayError('FORBIDDEN', 'no'));
      const error = await gatewayErrorOf(createOperations()().ofRecord(REF, served(runRecord()), 'STEPS'));
      expect(error.code).toBe('FORBIDDEN');
    });
  });

  it('derive the run of parts that were loaded before, beside its graph', async () => {
    upstream.workflows = () => [workflowRecord({ id: 'wf', graph: graphOf('a>b') })];
    const operation = createOperations()();
    const run = await operation.ofParts(REF, await operation.loadParts(REF, 'STEPS'), 'GRAPH');
    expect([run.steps.length, run.criticalPath.isInferred]).toEqual([2, false]);
  });

  describe('let the answer live', () => {
    const livesFor = async (requirement: DataRequirement) => {
      const loaders = createOperations()();
      await loaders.load(REF, requirement);
      return loaders.operation.lifetime.untilMs - clock.now();
    };

    it('for good where the run is final', async () => {
      expect(await livesFor('STEPS')).toBe(Infinity);
    });

    it('for a second where it depends on the clock, however long its parts live', async () => {
      upstream.record = () => runRecord();
      upstream.steps = () => listed([ran('a', clock.now() / 1000, null, 'running')]);
      expect(await livesFor('STEPS')).toBe(1000);
    });

    it.each([
      ['steps', () => (upstream.steps = throwing(outage()))],
      ['graph', () => (upstream.workflows = throwing(outage()))],
    ])('not at all where its %s fails', async (_, fail) => {
      fail();
      expect(await livesFor('GRAPH')).toBeLessThan(0);
    });

    it('for good without a graph where the upstream has none', async () => {
      upstream.workflows = throwing(new GatewayError('UPSTREAM_ENDPOINT_DISABLED', 'none'));
      expect(await livesFor('GRAPH')).toBe(Infinity);
    });
  });

  describe('for a run that was just started', () => {
    it('return its ids where it can not be had, and throw why for the rest', async () => {
      upstream.record = throwing(outage());
      const run = await createOperations()().loadStarted(REF, 'STEPS');
      expect(run.id).toBe('r1');
      expect(() => run.status).toThrow('down');
    });

    it.each([
      ['where access is denied', new GatewayError('FORBIDDEN', 'no')],
      ['for a defect', new TypeError('no function')],
    ])('reject %s', async (_, error) => {
      upstream.record = throwing(error);
      expect(await rejectionOf(createOperations()().loadStarted(REF, 'STEPS'))).toBe(error);
    });

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
    it('read a listed run by the record of the list, however old that is, unless it was read before', async () => {
      const listedAs = (rawStatus: string) => ({
        cached: { value: runRecord({ rawStatus }), sentAt: 0, fetchedAt: 0, sizeBytes: 100 },
        staleReason: null,
      });
      const [listed, loading, loaded] = Array.from({ length: 3 }, createOperations()) as [Loaders, Loaders, Loaders];
      listed.primeRecord(REF, listedAs('running'));
      listed.primeRecord(REF, listedAs('failed'));
      expect([await listed.load(REF, 'STEPS'), calls]).toMatchObject([{ status: 'RUNNING' }, ['steps r1']]);
      const first = loading.load(REF, 'RECORD');
      await loaded.load(REF, 'RECORD');
      for (const operation of [loading, loaded]) operation.primeRecord(REF, listedAs('running'));
      for (const run of [first, loading.load(REF, 'RECORD'), loaded.load(REF, 'RECORD')]) {
        expect(await run).toMatchObject({ status: 'COMPLETED' });
      }
    });

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

    it('read what was cached, or loaded, once, whatever others load meanwhile', async () => {
      upstream.record = () => running();
      const operations = createOperations();
      const [loaded, cached] = [operations(), operations()];
      await loaded.load(REF, 'RECORD');
      expect(cached.load(REF, 'RECORD')).toMatchObject({ status: 'RUNNING' });
      clock.advance(LIVE_TTL_MS);
      upstream.record = () => runRecord();
      expect(await operations().load(REF, 'RECORD')).toMatchObject({ status: 'COMPLETED' });
      for (const operation of [cached, loaded]) {
        for (const requirement of ['RECORD', 'STEPS'] as const) {
          expect(await operation.load(REF, requirement)).toMatchObject({ status: 'RUNNING' });
        }
      }
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
        outcome.status === 'fulfilled' ? outcome.value.payload?.outputs?.read() : (outcome.reason as GatewayError).code,
      );
      expect(outcomes).toEqual(['slow', 'NOT_FOUND', 'BAD_USER_INPUT', 'UPSTREAM_UNAVAILABLE', 'fine']);
    });

    it.each<DataRequirement>(['RECORD', 'TIMES', 'STEPS', 'GRAPH'])(
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
    it('need no promise for what is cached', async () => {
      upstream.record = () => running();
      const operations = createOperations();
      const isAtOnce = (requirement: DataRequirement) => !(operations().load(REF, requirement) instanceof Promise);
      await operations().load(REF, 'RECORD');
      expect([isAtOnce('RECORD'), isAtOnce('STEPS')]).toEqual([true, false]);
      await settle();
      expect([isAtOnce('RECORD'), isAtOnce('STEPS'), isAtOnce('GRAPH')]).toEqual([true, true, false]);
      clock.advance(LIVE_TTL_MS);
      expect(isAtOnce('RECORD')).toBe(false);
      await settle();
    });

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
