import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const RUN = `query Run($id: ID!) { run(workflowId: "wf", id: $id) { id status totalElapsedTime failedSteps { id } } }`;
const STATUS = `query Status($id: ID!) { run(workflowId: "wf", id: $id) { status } }`;

describe('loading runs', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = createManualClock();
    upstream = await startFaultyUpstream();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now: clock.now });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('reads each run once, however many aliases ask for it', async () => {
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

  it('makes one call for 50 concurrent queries of a cold finished run, and none for 50 more', async () => {
    const ask = () => Promise.all(Array.from({ length: 50 }, () => gateway.query(RUN, { variables: { id: 'r1' } })));
    const cold = await ask();
    expect(upstream.count('steps')).toBe(1);
    expect(upstream.count('run')).toBe(1);
    clock.advance(200_000);
    const warm = await ask();
    expect(upstream.calls).toHaveLength(2);
    for (const { data } of [...cold, ...warm]) {
      expect(data).toEqual({ run: { id: 'r1', status: 'COMPLETED', totalElapsedTime: 2, failedSteps: [] } });
    }
  });

  it('asks for no steps when the record tells all that is read', async () => {
    const { data } = await gateway.query(STATUS, { variables: { id: 'r1' } });
    expect(data).toEqual({ run: { status: 'COMPLETED' } });
    expect(upstream.calls.map((call) => call.endpoint)).toEqual(['run']);
  });

  it('asks again for a live run after LIVE_TTL_MS, and not before', async () => {
    upstream.script = ({ endpoint, runId }) => ({
      json:
        endpoint === 'run' ? [wireRun(runId, { status: 'running', end_time: null })] : [wireStep({ end_time: null })],
    });
    await gateway.query(RUN, { variables: { id: 'r1' } });
    clock.advance(999);
    await gateway.query(RUN, { variables: { id: 'r1' } });
    expect(upstream.count('steps')).toBe(1);
    clock.advance(1);
    await gateway.query(RUN, { variables: { id: 'r1' } });
    expect(upstream.count('steps')).toBe(2);
  });

  it('asks once more for the steps of a run that had only just ended, since they may be a moment older than its end', async () => {
    const endedAt = new Date(clock.now() - 100).toISOString();
    upstream.script = ({ endpoint, runId }) => ({
      json: endpoint === 'run' ? [wireRun(runId, { end_time: endedAt })] : [wireStep()],
    });
    const ask = () =>
      gateway.query(`{ run(workflowId: "wf", id: "r1") { stepCounts { total } freshness { isFinal } } }`);
    expect((await ask()).data).toEqual({ run: { stepCounts: { total: 1 }, freshness: { isFinal: false } } });
    clock.advance(1000);
    expect((await ask()).data).toEqual({ run: { stepCounts: { total: 1 }, freshness: { isFinal: true } } });
    clock.advance(100_000);
    await ask();
    expect(upstream.count('steps')).toBe(2);
    expect(upstream.count('run')).toBe(1);
  });

  it('works with the steps call alone, and says that it inferred the status', async () => {
    await gateway.close();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' }, { now: clock.now });
    const ask = () =>
      gateway.query(`{ run(workflowId: "wf", id: "r1") { status statusIsInferred inputs freshness { isFinal } } }`);
    const { data } = await ask();
    expect(data).toEqual({
      run: { status: 'COMPLETED', statusIsInferred: true, inputs: { order: 7 }, freshness: { isFinal: true } },
    });
    clock.advance(10_000);
    await ask();
    expect(upstream.calls.map((call) => call.endpoint)).toEqual(['steps']);
  });

  it('infers the status where the upstream has no record of the run, without asking for one again and again', async () => {
    await gateway.query(RUN, { variables: { id: 'another' } });
    const before = upstream.calls.length;
    upstream.script = ({ endpoint }) => (endpoint === 'steps' ? { json: [wireStep()] } : { status: 404 });
    for (let time = 0; time < 3; time += 1) {
      const { data } = await gateway.query(
        `{ run(workflowId: "wf", id: "r1") { status statusIsInferred totalElapsedTime } }`,
      );
      expect(data).toEqual({ run: { status: 'COMPLETED', statusIsInferred: true, totalElapsedTime: 2 } });
      clock.advance(5000);
    }
    expect(upstream.calls).toHaveLength(before + 2);
  });

  it.each([
    ['right', 0, 'Z'],
    ['behind', 35_000, 'Z'],
    ['in local time without a zone', 5 * 3_600_000, ''],
  ])(
    'does not believe that an inferred run is over before SETTLE_MS without news: times are %s',
    async (_, behindMs, zone) => {
      await gateway.close();
      gateway = await startGateway({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' }, { now: clock.now });
      const startedAt = clock.now();
      let count = 1;
      const timeOf = (ms: number) => `${new Date(startedAt - behindMs + ms).toISOString().slice(0, -1)}${zone}`;
      upstream.script = () => ({
        json: Array.from({ length: count }, (__, i) =>
          wireStep({ id: `s${i}`, start_time: timeOf(i * 20_000 - 900), end_time: timeOf(i * 20_000 - 10) }),
        ),
      });
      const isFinal = async () => {
        const { data } = await gateway.query(
          `{ run(workflowId: "wf", id: "r1") { status stepCounts { total } freshness { isFinal } } }`,
        );
        const run = { status: 'COMPLETED', stepCounts: { total: count } };
        expect(data).toMatchObject({ run });
        return (data as { run: { freshness: { isFinal: boolean } } }).run.freshness.isFinal;
      };
      for (; count < 5; count += 1) {
        expect(await isFinal()).toBe(false);
        clock.advance(20_000);
      }
      expect(await isFinal()).toBe(false);
      clock.advance(29_999);
      expect(await isFinal()).toBe(false);
      clock.advance(1000);
      expect(await isFinal()).toBe(true);
      clock.advance(100_000);
      expect(await isFinal()).toBe(true);
      expect(upstream.calls).toHaveLength(7);
    },
  );

  it('answers the other runs when one fails', async () => {
    upstream.script = ({ endpoint, runId }) => {
      if (runId === 'bad') return { status: 404 };
      return { json: endpoint === 'run' ? [wireRun(runId)] : [wireStep()] };
    };
    const { data, errors } = await gateway.query(
      `{ workflow(id: "wf") { runsById(ids: ["r1", "bad", "..", "r2"]) { id totalElapsedTime } } }`,
    );
    expect(data).toEqual({
      workflow: {
        runsById: [{ id: 'r1', totalElapsedTime: 2 }, null, null, { id: 'r2', totalElapsedTime: 2 }],
      },
    });
    expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual(
      expect.arrayContaining([
        [['workflow', 'runsById', 1], 'NOT_FOUND'],
        [['workflow', 'runsById', 2], 'BAD_USER_INPUT'],
      ]),
    );
    expect(errors).toHaveLength(2);
  });

  it('causes no more upstream calls than MAX_UPSTREAM_CALLS, and answers what they brought', async () => {
    await gateway.close();
    gateway = await startGateway(
      { UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps', MAX_UPSTREAM_CALLS: '3' },
      { now: clock.now },
    );
    const ask = () => gateway.query(`{ workflow(id: "wf") { runsById(ids: ["a", "b", "c", "d", "e"]) { id } } }`);
    const { data, errors } = await ask();
    expect(data).toEqual({ workflow: { runsById: [{ id: 'a' }, { id: 'b' }, { id: 'c' }, null, null] } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([
      'UPSTREAM_BUDGET_EXCEEDED',
      'UPSTREAM_BUDGET_EXCEEDED',
    ]);
    expect(upstream.calls).toHaveLength(3);
    // What is cached costs nothing, so that asking again gets further.
    expect((await ask()).errors).toEqual([]);
  });

  it('remembers a 404 for a second at most', async () => {
    await gateway.query(RUN, { variables: { id: 'another' } });
    const before = upstream.count('steps');
    upstream.script = () => ({ status: 404 });
    const codes = async () =>
      (await gateway.query(RUN, { variables: { id: 'r1' } })).errors.map((e) => e.extensions.code);
    expect(await codes()).toEqual(['NOT_FOUND']);
    expect(await codes()).toEqual(['NOT_FOUND']);
    expect(upstream.count('steps')).toBe(before + 1);
    clock.advance(1000);
    upstream.script = ({ endpoint, runId }) => ({ json: endpoint === 'run' ? [wireRun(runId)] : [wireStep()] });
    expect(await codes()).toEqual([]);
  });

  it('logs no defect when a client goes away before its answer', async () => {
    await gateway.close();
    const lines: string[] = [];
    const logger = pino({ level: 'error' }, { write: (line) => void lines.push(line) });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { logger });
    upstream.script = ({ cut }) => cut.then(() => ({}));
    const leaving = new AbortController();
    const leaver = gateway.query(STATUS, { variables: { id: 'r1' }, signal: leaving.signal });
    const call = await upstream.nextCall();
    leaving.abort();
    await expect(leaver).rejects.toThrow();
    await call.cut;
    // Once it has stopped, everything that was under way has come to its end.
    await gateway.close();
    expect(lines).toEqual([]);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });

  it('abandons a call when its client is gone, unless somebody else waits for it', async () => {
    const cached = Promise.withResolvers<undefined>();
    upstream.script = async ({ endpoint, runId }) => {
      await cached.promise;
      return { json: endpoint === 'run' ? [wireRun(runId)] : [wireStep()] };
    };
    const impatient = new AbortController();
    const first = gateway.query(STATUS, { variables: { id: 'alone' }, signal: impatient.signal });
    const call = await upstream.nextCall();
    impatient.abort();
    await expect(first).rejects.toThrow();
    await call.cut;

    const leaving = new AbortController();
    const leaver = gateway.query(STATUS, { variables: { id: 'shared' }, signal: leaving.signal });
    await upstream.nextCall();
    const stayer = gateway.query(STATUS, { variables: { id: 'shared' } });
    // The stayer must have joined before the other leaves: a query of another run that is answered proves it.
    const later = gateway.query(`{ __typename }`);
    await later;
    leaving.abort();
    await expect(leaver).rejects.toThrow();
    cached.resolve(undefined);
    expect((await stayer).data).toEqual({ run: { status: 'COMPLETED' } });
  });
});
