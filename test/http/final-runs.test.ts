import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { subscribe, type Transport } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import type { Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const FIELDS = 'status endedAt steps { status } freshness { isFinal }';

describe.each([
  ['with an end', true],
  ['without an end', false],
])('a run whose record is terminal, %s', (_, hasEnd) => {
  let record: Wire;
  let step: Wire;
  let at: (ms: number) => string;

  const run = perTest(new LiveRun());
  beforeEach(() => {
    const startMs = run.clock.now();
    at = (ms) => new Date(startMs + ms).toISOString();
    record = { status: 'failed', start_time: at(-60_000), end_time: hasEnd ? at(0) : null };
    step = { status: 'running', start_time: at(-60_000), end_time: null, elapsed_time: 0 };
    run.upstream.script = ({ endpoint, runId }) => ({
      json: endpoint === 'run' ? [wireRun(runId, record)] : [wireStep(step)],
    });
  });

  /** The engine closes the step after the record, and only then writes the end of the run. */
  function close(): void {
    step = { ...step, status: 'failed', end_time: at(500) };
    record = { ...record, end_time: hasEnd ? at(0) : at(500) };
  }

  const answer = (status: string, isFinal: boolean, endedAt = hasEnd ? at(0) : null) => ({
    status: 'FAILED',
    endedAt,
    steps: [{ status }],
    freshness: { isFinal },
  });
  const closed = () => answer('FAILED', true, hasEnd ? at(0) : at(500));

  async function ask() {
    const { data, errors } = await run.gateway.query(`{ run(workflowId: "wf", id: "r1") { ${FIELDS} } }`);
    expect(errors).toEqual([]);
    return (data as { readonly run: unknown }).run;
  }

  it('is not final while a step runs, even after the record ended', async () => {
    expect(await ask()).toEqual(answer('RUNNING', false));
    run.clock.advance(1000);
    expect(await ask()).toEqual(answer('RUNNING', false));
    close();
    run.clock.advance(1000);
    expect(await ask()).toMatchObject({ steps: [{ status: 'FAILED' }] });
    // Such a record may be newer than the steps that were loaded with it.
    run.clock.advance(1000);
    expect(await ask()).toEqual(closed());
    const calls = run.upstream.calls.length;
    run.clock.advance(100_000);
    expect(await ask()).toEqual(closed());
    expect(run.upstream.calls).toHaveLength(calls);
  });

  it('follows a long-running step even after the end of its run', async () => {
    const ended = record;
    record = { ...ended, status: 'running', end_time: null };
    await ask();
    run.clock.advance(100_000);
    await ask();
    record = ended;
    run.clock.advance(1000);
    expect(await ask()).toEqual(answer('RUNNING', false));
    close();
    run.clock.advance(1000);
    expect(await ask()).toMatchObject({ steps: [{ status: 'FAILED' }] });
  });

  it.each<Transport>(['graphql-ws', 'graphql-sse'])(
    'is watched over %s until its last step is closed',
    async (transport) => {
      const query = `subscription { runUpdated(workflowId: "wf", id: "r1") { run { ${FIELDS} } } }`;
      const client = await subscribe(transport, run.gateway.url, query, {});
      expect(await client.nextData()).toEqual({ runUpdated: { run: answer('RUNNING', false) } });
      await run.feeds(1);
      await run.poll();
      close();
      await run.poll(hasEnd ? 0 : 1);
      if (!hasEnd) {
        expect(await client.nextData()).toEqual({ runUpdated: { run: answer('FAILED', false, at(500)) } });
        await run.poll(0);
      }
      expect(await client.nextData()).toEqual({ runUpdated: { run: closed() } });
      expect(await client.next()).toEqual({ type: 'complete' });
      client.cut();
    },
  );
});

describe('freshness.isFinal of a run', () => {
  const DAY_MS = 86_400_000;
  const FINAL = 'freshness { isFinal }';
  let record: Wire | null;
  let steps: readonly unknown[];
  let runs = 0;
  let run: string;
  let startMs: number;

  const script: Script = ({ endpoint, runId }) => {
    if (endpoint === 'steps') return { json: steps };
    if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
    return record ? { json: [wireRun(runId, record)] } : { status: 404 };
  };
  const clock = createManualClock();
  const gateway = perBlock(new TestGateway({ script, env: { LIVE_TTL_MS: '1' }, clock: { now: clock.now } }));
  const { upstream } = gateway;
  /** Each test has its own run and its own start time. */
  beforeEach(() => {
    run = `r${(runs += 1)}`;
    clock.advance(10 * DAY_MS);
    startMs = clock.now();
    record = null;
  });

  /** A time, in seconds after the start. */
  const at = (seconds: number) => new Date(startMs + 1000 * seconds).toISOString();
  const ran = (node: string, start: number | null, end: number | null, status = 'completed', fields: Wire = {}) =>
    wireStep({
      id: `${node} ${start ?? ''}`,
      node_id: node,
      status,
      start_time: start === null ? null : at(start),
      end_time: end === null ? null : at(end),
      ...fields,
    });

  /** Queries the run this many seconds after the start. */
  async function isFinalAt(seconds: number, fields = `stepCounts { total } ${FINAL}`): Promise<boolean> {
    clock.advance(startMs + 1000 * seconds - clock.now());
    const { run: answer } = (await gateway.data(`{ run(workflowId: "wf", id: "${run}") { ${fields} } }`)) as {
      run: { freshness: { isFinal: boolean } };
    };
    return answer.freshness.isFinal;
  }
  const areFinalAt = async (times: readonly number[]) => {
    const all: boolean[] = [];
    for (const seconds of times) all.push(await isFinalAt(seconds));
    return all;
  };

  const OVER = ['completed', 'Succeeded', 'failed', 'timeout', 'cancelled'];
  const OPEN = ['running', 'queued', 'in-progress', 'archived', 'skipped', ''];
  it.each([...OVER.map((status) => [status, true] as const), ...OPEN.map((status) => [status, false] as const)])(
    'follows the status "%s" of its record: %s',
    async (status, isFinal) => {
      record = { status, end_time: at(-7 * 86_400) };
      steps = [ran('a', -8 * 86_400, -7 * 86_400)];
      expect([await isFinalAt(0, FINAL), await isFinalAt(1)]).toEqual([isFinal, isFinal]);
    },
  );

  it.each<readonly [string, number, boolean]>([
    ['so long ago that nothing can follow: at once', -30, true],
    ['a moment less than that: with steps that were asked for after the record had come', -29.999, false],
  ])('is true if its record ended %s', async (_, endedAt, isFinal) => {
    record = { end_time: at(endedAt) };
    steps = [ran('a', -100, -40)];
    expect(await areFinalAt([0, 0.001])).toEqual([isFinal, true]);
  });

  it('is true SETTLE_MS after the last change without a recorded end', async () => {
    record = { status: 'running', end_time: null };
    expect(await isFinalAt(0, FINAL)).toBe(false);
    record = { end_time: null };
    const times = [1, 20, 30.999, 31];
    const all: boolean[] = [];
    for (const seconds of times) all.push(await isFinalAt(seconds, FINAL));
    expect(all).toEqual([false, false, false, true]);
  });

  const left = (): readonly unknown[] => [ran('a', -60, -50), ran('b', -50, null, 'running')];
  it.each<readonly [string, () => readonly unknown[]]>([
    ['runs', left],
    ['says that it runs, and has an end', () => [ran('a', -60, -50, 'running'), ran('a', -50, -40)]],
    ['can not be read', () => [ran('a', -60, -50), 'nonsense']],
  ])('is true SETTLE_MS after the last change if a step %s', async (_, unfinished) => {
    record = { status: 'failed', end_time: at(0) };
    steps = unfinished();
    expect(await areFinalAt([0, 1, 29.999])).toEqual([false, false, false]);
    // This is another change, so SETTLE_MS starts again.
    steps = [...steps, ran('c', -50, -30)];
    expect(await areFinalAt([30.5, 60.499, 60.5])).toEqual([false, false, true]);
  });

  it.each<readonly [string, number, boolean]>([
    ['a day and SETTLE_MS ago', -86_430, true],
    ['a moment less', -86_429.999, false],
  ])('is true despite a running step if its record ended %s', async (_, endedAt, isFinal) => {
    record = { status: 'failed', end_time: at(endedAt) };
    steps = [ran('a', -90_000, null, 'running')];
    expect(await isFinalAt(0)).toBe(isFinal);
  });

  describe('a run without a record', () => {
    beforeAll(() => gateway.restart({ env: { LIVE_TTL_MS: '1', UPSTREAM_ENDPOINTS: 'steps' } }));

    it.each<readonly [string, boolean, () => readonly unknown[]]>([
      ['all steps have completed', true, () => [ran('a', 0, 4), ran('b', 4, 10)]],
      ['one has failed', true, () => [ran('a', 0, 4), ran('b', 4, 10, 'failed')]],
      ['one was cancelled', true, () => [ran('a', 0, 4), ran('b', 4, 10, 'cancelled')]],
      ['some were skipped', true, () => [ran('a', 0, 4), ran('b', null, null, 'skipped')]],
      ['one was tried again', true, () => [ran('a', 0, 4, 'failed'), ran('a', 4, 10)]],
      ['one ended with an unknown status', true, () => [ran('a', 0, 4), ran('b', 4, 10, 'hibernating')]],
      ['one runs', false, () => [ran('a', 0, 4), ran('b', 4, null, 'running')]],
      ['an earlier execution of a node runs', false, () => [ran('a', 0, null, 'running'), ran('a', 1, 10)]],
      ['one waits', false, () => [ran('a', 0, 4), ran('b', null, null, 'queued')]],
      ['one can not be read', false, () => [ran('a', 0, 4), 'nonsense']],
      ['there is none', false, () => []],
      ['none has a time', false, () => [ran('a', null, null)]],
    ])('settles a day after its last step if %s: %s', async (_, isFinal, list) => {
      steps = list();
      expect(await areFinalAt([90_000])).toEqual([isFinal]);
    });

    it.each<readonly [string, number, boolean]>([
      ['a day and SETTLE_MS ago', 86_440, true],
      ['a moment less', 86_439.999, false],
    ])('is final at once if it ended over a day ago: %s', async (_, now, isFinal) => {
      steps = [ran('a', 0, 4), ran('b', 4, 10)];
      expect(await isFinalAt(now)).toBe(isFinal);
    });

    it('counts the start of a step without an end', async () => {
      steps = [ran('a', 0, 4), ran('b', 100, null)];
      expect(await isFinalAt(86_529)).toBe(false);
      run = `${run} again`;
      expect(await isFinalAt(86_530)).toBe(true);
    });

    const both = () => [ran('a', 0, 4), ran('b', 4, 10)];
    it.each<readonly [string, boolean, () => readonly unknown[]]>([
      ['the same steps', true, both],
      ['the same in another order', true, () => both().toReversed()],
      [
        'the same with other payloads',
        true,
        () => [ran('a', 0, 4, 'completed', { outputs: 'signed anew' }), ran('b', 4, 10)],
      ],
      ['one more', false, () => [...both(), ran('c', 8, 9)]],
      ['a later end', false, () => [ran('a', 0, 4), ran('b', 4, 11)]],
      ['another end', false, () => [ran('a', 0, 3), ran('b', 4, 10)]],
      ['another status', false, () => [ran('a', 0, 4), ran('b', 4, 10, 'failed')]],
      ['another step in place of one', false, () => [ran('b', 4, 10), ran('c', 8, 9)]],
    ])('is final SETTLE_MS after its first load if unchanged: %s: %s', async (_, isFinal, later) => {
      steps = both();
      expect(await isFinalAt(3600)).toBe(false);
      steps = later();
      expect(await areFinalAt([3615, 3629.999, 3630])).toEqual([false, false, isFinal]);
      expect(await areFinalAt([3645])).toEqual([true]);
    });

    it('is final at once with SETTLE_MS=0 when all steps finished', async () => {
      await gateway.restart({ env: { LIVE_TTL_MS: '', UPSTREAM_ENDPOINTS: 'steps', SETTLE_MS: '0' } });
      steps = both();
      expect(await isFinalAt(86_410)).toBe(true);
      await gateway.restart({ env: { LIVE_TTL_MS: '1', UPSTREAM_ENDPOINTS: 'steps' } });
    });
  });

  describe('a run without a record, with a graph', () => {
    /** Fields that load the graph. */
    const GRAPH = `criticalPath { isInferred } ${FINAL}`;
    beforeAll(() => gateway.restart({ env: { LIVE_TTL_MS: '1', UPSTREAM_ENDPOINTS: 'steps,workflows' } }));

    it.each<readonly [string, boolean, () => readonly unknown[]]>([
      ['the last node has completed', true, () => [ran('model_1', -9, -5), ran('send', -5, -1)]],
      [
        'the last node was tried again, and has completed',
        true,
        () => [ran('send', -9, -5, 'failed'), ran('send', -5, -1)],
      ],
      ['the last node has not begun', false, () => [ran('model_1', -9, -5)]],
      ['the last node has failed, and may be tried again', false, () => [ran('send', -5, -1, 'failed')]],
      ['another one runs', false, () => [ran('model_1', -9, null, 'running'), ran('send', -5, -1)]],
      ['an earlier execution says that it runs', false, () => [ran('send', -9, -5, 'running'), ran('send', -5, -1)]],
    ])('is final when the last node of its graph completed: %s: %s', async (_, isFinal, list) => {
      steps = list();
      expect(await isFinalAt(0, GRAPH)).toBe(isFinal);
      const calls = await upstream.callsOf(() => isFinalAt(20));
      expect(calls).toBe(isFinal ? 0 : 1);
    });

    it('is final without reading the graph after another query did', async () => {
      steps = [ran('model_1', -9, -5), ran('send', -5, -1)];
      await gateway.restart({ env: { LIVE_TTL_MS: '1', UPSTREAM_ENDPOINTS: 'steps,workflows' } });
      expect(await isFinalAt(0)).toBe(false);
      await isFinalAt(1, GRAPH);
      expect(await isFinalAt(2)).toBe(true);
    });
  });

  it('is not final while its record is running', async () => {
    await gateway.restart({ env: { LIVE_TTL_MS: '1' } });
    record = { status: 'running', end_time: null };
    steps = [ran('model_1', -9, -5), ran('send', -5, -1)];
    expect(await isFinalAt(0, `criticalPath { isInferred } ${FINAL}`)).toBe(false);
  });

  it('loads a missing record again after a second, until steps settle', async () => {
    await gateway.restart({ env: { LIVE_TTL_MS: '5000' } });
    steps = [ran('a', 0, 4)];
    const recordCalls = () => upstream.calls.filter((call) => call.endpoint === 'run' && call.runId === run).length;
    // A successful call proves the right of the key, without which nothing is cached.
    await gateway.data('{ run(workflowId: "wf", id: "proof") { stepCounts { total } } }');
    await isFinalAt(100);
    await isFinalAt(100.999, FINAL);
    expect(recordCalls()).toBe(1);
    await isFinalAt(101, FINAL);
    expect(recordCalls()).toBe(2);
    expect(await areFinalAt([110, 120, 131])).toEqual([false, false, true]);
    const calls = recordCalls();
    await isFinalAt(400, FINAL);
    expect(recordCalls()).toBe(calls);
  });
});
