import { beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { healthy, type Reply } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const RUN = `query Run($id: ID!) { run(workflowId: "wf", id: $id) { id status totalElapsedTime failedSteps { id } } }`;
const STATUS = `query Status($id: ID!) { run(workflowId: "wf", id: $id) { status } }`;

describe('loading runs', () => {
  const clock = createManualClock();
  const gateway = perTest(new TestGateway({ clock: { now: clock.now } }));
  const { upstream } = gateway;

  it('reads each run once for all aliases', async () => {
    const { data, errors } = await gateway.query(`{
      a: run(workflowId: "wf", id: "r1") { totalElapsedTime }
      b: run(workflowId: "wf", id: "r1") { stepCounts { total } }
      c: run(workflowId: "wf", id: "r1") { steps { id } }
      d: run(workflowId: "wf", id: "r2") { steps { id } }
      e: workflow(id: "wf") { run(id: "r2") { totalElapsedTime } }
    }`);
    expect(errors).toEqual([]);
    expect(data).toEqual({
      a: { totalElapsedTime: 2 },
      b: { stepCounts: { total: 1 } },
      c: { steps: [{ id: 'r1-step' }] },
      d: { steps: [{ id: 'r2-step' }] },
      e: { run: { totalElapsedTime: 2 } },
    });
    expect(upstream.count('steps')).toBe(2);
    expect(upstream.count('run')).toBe(2);
  });

  it('makes at most MAX_UPSTREAM_CALLS calls, and returns what was loaded', async () => {
    await gateway.restart({ env: { UPSTREAM_ENDPOINTS: 'steps', MAX_UPSTREAM_CALLS: '3' } });
    const ask = () => gateway.query(`{ workflow(id: "wf") { runsById(ids: ["a", "b", "c", "d", "e"]) { id } } }`);
    const { data, errors } = await ask();
    expect(data).toEqual({ workflow: { runsById: [{ id: 'a' }, { id: 'b' }, { id: 'c' }, null, null] } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([
      'UPSTREAM_BUDGET_EXCEEDED',
      'UPSTREAM_BUDGET_EXCEEDED',
    ]);
    expect(upstream.calls).toHaveLength(3);
    // Cached runs cost no call, so a second query gets further.
    expect((await ask()).errors).toEqual([]);
  });

  const codesAndCalls = async (ids: readonly string[]) => {
    const fields = ids.map((id, index) => `a${index}: run(workflowId: "wf", id: "${id}") { status }`);
    const before = upstream.calls.length;
    expect(await gateway.codes(`{ ${fields.join(' ')} }`)).toEqual(ids.map(() => 'NOT_FOUND'));
    return upstream.calls.length - before;
  };
  /** Nothing is cached for a key before it is accepted. */
  const losesRuns = async () => {
    await gateway.data('{ run(workflowId: "wf", id: "there") { status } }');
    upstream.script = () => ({ status: 404 });
  };

  it.each([
    [1000, 1000],
    [5000, 1000],
    [100, 100],
  ])('caches a 404 with LIVE_TTL_MS=%i for %i ms', async (liveTtlMs, pauseMs) => {
    await gateway.restart({ env: { LIVE_TTL_MS: String(liveTtlMs) } });
    await losesRuns();
    expect(await codesAndCalls(['gone'])).toBeGreaterThan(0);
    clock.advance(pauseMs - 1);
    expect(await codesAndCalls(['gone'])).toBe(0);
    clock.advance(1);
    expect(await codesAndCalls(['gone'])).toBeGreaterThan(0);
  });

  it('evicts the oldest 404s if all of them exceed the cache', async () => {
    await gateway.restart({ env: { CACHE_MAX_BYTES: String(2 ** 18) } });
    await losesRuns();
    const ids = Array.from({ length: 150 }, (_, number) => `${number}${'x'.repeat(500)}`);
    for (let batch = 0; batch < 6; batch += 1) await codesAndCalls(ids.slice(25 * batch, 25 * batch + 25));
    expect(await codesAndCalls([ids[149] ?? '', ids[120] ?? ''])).toBe(0);
    expect(await codesAndCalls([ids[0] ?? ''])).toBeGreaterThan(0);
  });

  const RUNNING = { status: 'running', end_time: null };
  /** Serves a record with these fields, or none for null. */
  const recorded = (record: Wire | null, steps: Reply = { json: [wireStep()] }): void => {
    upstream.script = ({ endpoint, runId }) => {
      if (endpoint === 'steps') return steps;
      if (endpoint !== 'run') return { status: 404 };
      return record ? { json: [wireRun(runId, record)] } : { status: 404 };
    };
  };
  const TIMES = 'startedAt endedAt wallClockMs';

  it.each<readonly [string, Wire | null, string, boolean]>([
    ['has finished', {}, 'status', false],
    ['has finished', {}, TIMES, false],
    ['runs', RUNNING, TIMES, false],
    ['is queued', { ...RUNNING, status: 'queued', start_time: null }, TIMES, false],
    ['has an unknown status', { ...RUNNING, status: 'archived' }, TIMES, false],
    ['has no start', { start_time: null }, 'status outputs freshness { isFinal }', false],
    ['has no start', { start_time: null }, TIMES, true],
    ['is over and has no end', { end_time: null }, TIMES, true],
    ['has an unknown status and no start', { status: 'archived', start_time: null }, TIMES, true],
    ['is missing', null, 'status', true],
    ['is missing', null, TIMES, true],
  ])('loads steps only if the record is insufficient: it %s (%#)', async (_, record, fields, needsSteps) => {
    recorded(record);
    const { data, errors } = await gateway.query(`{ run(workflowId: "wf", id: "r1") { id ${fields} } }`);
    expect(errors).toEqual([]);
    expect(upstream.calls.map(({ endpoint }) => endpoint)).toEqual(['run', ...(needsSteps ? ['steps'] : [])]);
    if (!needsSteps || fields !== TIMES) return;
    const { start_time: startedAt, end_time: endedAt } = wireStep();
    expect(data).toMatchObject({ run: { startedAt, endedAt, wallClockMs: expect.closeTo(2237.692, 3) } });
  });

  it('loads the record and the steps at the same time', async () => {
    const both = Promise.withResolvers<undefined>();
    upstream.script = async (call) => {
      if (upstream.calls.length === 2) both.resolve(undefined);
      await both.promise;
      return healthy(call);
    };
    expect((await gateway.query(RUN, { variables: { id: 'r1' } })).errors).toEqual([]);
  });

  const MISSING: Reply = { status: 404 };
  const NO_STEPS = { stepCounts: { total: 0 } };
  it.each<readonly [string, Wire | null, Reply, unknown, readonly string[]]>([
    ['are missing and the record runs: there are none yet', RUNNING, MISSING, { status: 'RUNNING', ...NO_STEPS }, []],
    [
      'are missing and the record is queued',
      { ...RUNNING, status: 'queued' },
      MISSING,
      { status: 'PENDING', ...NO_STEPS },
      [],
    ],
    ['are missing and the record is over', {}, MISSING, { status: 'COMPLETED', stepCounts: null }, ['NOT_FOUND']],
    [
      'fail and there is a record',
      {},
      { status: 500 },
      { status: 'COMPLETED', stepCounts: null },
      ['UPSTREAM_UNAVAILABLE'],
    ],
    [
      'fail and the record runs',
      RUNNING,
      { status: 500 },
      { status: 'RUNNING', stepCounts: null },
      ['UPSTREAM_UNAVAILABLE'],
    ],
    ['fail and there is no record', null, { status: 500 }, null, ['UPSTREAM_UNAVAILABLE']],
    ['are missing and there is no record', null, MISSING, null, ['NOT_FOUND']],
  ])("returns the record's fields if the steps %s", async (_, record, steps, run, codes) => {
    const query = '{ run(workflowId: "wf", id: "r1") { status stepCounts { total } } }';
    recorded(record, steps);
    for (let time = 0; time < 2; time += 1) {
      const { data, errors, headers } = await gateway.query(query);
      expect([data, errors.map(({ extensions }) => extensions.code)]).toEqual([{ run }, codes]);
      if (codes.length > 0) expect(headers.get('cache-control')).toBe('no-store');
    }
    // No failure is cached, and a 404 for at most a second.
    recorded({});
    clock.advance(1000);
    expect((await gateway.query(query)).data).toEqual({ run: { status: 'COMPLETED', stepCounts: { total: 1 } } });
  });

  it('reports the error of the record before that of the steps', async () => {
    upstream.script = async ({ endpoint }) => {
      if (endpoint === 'steps') return MISSING;
      await gateway.query('{ __typename }');
      return { status: 500 };
    };
    const { errors } = await gateway.query(RUN, { variables: { id: 'r1' } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['UPSTREAM_UNAVAILABLE']);
  });

  it('reads each part of a run once per operation', async () => {
    upstream.script = ({ endpoint, runId }) => {
      clock.advance(10_000);
      const isOver = upstream.count('run') > 1;
      return { json: endpoint === 'run' ? [wireRun(runId, isOver ? {} : RUNNING)] : [wireStep()] };
    };
    const { data } = await gateway.query(`{
      record: run(workflowId: "wf", id: "r1") { status }
      steps: run(workflowId: "wf", id: "r1") { status stepCounts { total } }
    }`);
    expect(data).toEqual({ record: { status: 'RUNNING' }, steps: { status: 'RUNNING', stepCounts: { total: 1 } } });
    expect(upstream.calls).toHaveLength(2);
  });

  it('reads each part of a run again after its own LIVE_TTL_MS', async () => {
    recorded(RUNNING);
    const ask = async (fields: string) => {
      const { data } = await gateway.query(`{ run(workflowId: "wf", id: "r1") { ${fields} } }`);
      return [data, upstream.count('run'), upstream.count('steps')];
    };
    await ask('status');
    clock.advance(500);
    expect((await ask('status stepCounts { total }')).slice(1)).toEqual([1, 1]);
    recorded({});
    clock.advance(500);
    const run = { status: 'COMPLETED', statusIsInferred: false, stepCounts: { total: 1 } };
    expect(await ask('status statusIsInferred stepCounts { total }')).toEqual([{ run }, 2, 1]);
  });

  it('limits max-age to a second if the response depends on the clock', async () => {
    await gateway.restart({ env: { LIVE_TTL_MS: '60000' } });
    const startedAt = new Date(clock.now()).toISOString();
    recorded(RUNNING, { json: [wireStep({ status: 'running', start_time: startedAt, end_time: null })] });
    const ask = () => gateway.query('{ run(workflowId: "wf", id: "r1") { steps { durationMs } } }');
    for (const durationMs of [0, 1000, 2000]) {
      const { data, headers } = await ask();
      expect([data, headers.get('cache-control')]).toEqual([
        { run: { steps: [{ durationMs }] } },
        'private, max-age=1',
      ]);
      clock.advance(1000);
    }
    expect(upstream.calls).toHaveLength(2);
  });

  it.each([
    ['1000', 1000, 60_000],
    ['120000', 120_000, 120_000],
  ])('lists workflows for LIVE_TTL_MS, and keeps graphs a minute: %s', async (liveTtlMs, listMs, graphMs) => {
    await gateway.restart({ env: { LIVE_TTL_MS: liveTtlMs } });
    upstream.script = (call) => (call.endpoint === 'workflows' ? { json: [wireWorkflow('wf')] } : healthy(call));
    const callsAfter = async (ms: number, selection: string) => {
      clock.advance(ms);
      expect((await gateway.query(`{ ${selection} }`)).errors).toEqual([]);
      return upstream.count('workflows');
    };
    const list = 'workflows { totalCount }';
    const graph = 'run(workflowId: "wf", id: "r1") { criticalPath { isInferred } }';
    expect(await callsAfter(0, list)).toBe(1);
    expect(await callsAfter(listMs - 1, list)).toBe(1);
    expect(await callsAfter(1, list)).toBe(2);
    expect(await callsAfter(graphMs - 1, graph)).toBe(2);
    expect(await callsAfter(1, graph)).toBe(3);
  });

  it('keeps the newest record if an older call finishes later', async () => {
    const slow = Promise.withResolvers<undefined>();
    upstream.script = async ({ endpoint, runId }) => {
      if (endpoint === 'runs') return { json: [wireRun('r1')] };
      await slow.promise;
      return { json: [wireRun(runId, RUNNING)] };
    };
    const first = gateway.query(STATUS, { variables: { id: 'r1' } });
    await upstream.nextCall();
    clock.advance(1);
    await gateway.query('{ workflow(id: "wf") { runs(first: 1) { nodes { status } } } }');
    slow.resolve(undefined);
    for (const { data } of [await first, await gateway.query(STATUS, { variables: { id: 'r1' } })]) {
      expect(data).toEqual({ run: { status: 'COMPLETED' } });
    }
  });
});

describe('a listed run of an upstream without records', () => {
  let record: Wire;
  let stepsStatus: number;
  beforeEach(() => {
    record = {};
    stepsStatus = 200;
  });
  const clock = createManualClock();
  const gateway = perTest(
    new TestGateway({
      script: ({ endpoint }) =>
        endpoint === 'runs' ? { json: [wireRun('r1', record)] } : { status: stepsStatus, json: [wireStep()] },
      env: { UPSTREAM_ENDPOINTS: 'steps,runs', REAUTH_INTERVAL_MS: '60000' },
      clock: { now: clock.now },
    }),
  );
  const { upstream } = gateway;

  const list = () => gateway.data('{ workflow(id: "wf") { runs(first: 1) { nodes { id } } } }');
  const RECORD = '{ run(workflowId: "wf", id: "r1") { rawStatus statusIsInferred freshness { isStale } } }';
  const shown = async () => (await gateway.query(RECORD)).data;
  const callsOfShown = () => upstream.callsOf(shown);
  const known = (rawStatus: string | null, isStale = false) => ({
    run: { rawStatus, statusIsInferred: rawStatus === null, freshness: { isStale } },
  });

  it('has the record of the list while it is fresh', async () => {
    record = { status: 'running', end_time: null };
    await list();
    clock.advance(999);
    expect([await callsOfShown(), await shown()]).toEqual([0, known('running')]);
    clock.advance(1);
    expect(await shown()).toEqual(known(null));
  });

  it('keeps a final record of the list without a time limit', async () => {
    await list();
    clock.advance(59_999);
    expect([await callsOfShown(), await shown()]).toEqual([0, known('completed')]);
  });

  it('uses a listed record again only after the steps call succeeds', async () => {
    await list();
    clock.advance(60_000);
    expect([await callsOfShown(), await shown()]).toEqual([1, known('completed')]);
    expect(upstream.calls.at(-1)?.endpoint).toBe('steps');
    clock.advance(60_000);
    stepsStatus = 500;
    expect(await shown()).toEqual(known('completed', true));
    clock.advance(1000);
    stepsStatus = 401;
    expect(await gateway.codes(RECORD)).toEqual(['UNAUTHENTICATED']);
    expect(gateway.cachedBytes()).toBe(0);
  });
});
