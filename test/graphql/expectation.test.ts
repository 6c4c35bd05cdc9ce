import { beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { placesOf } from '../harness/operations.ts';
import type { Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

/** The manual clock. */
const NOW = Date.parse('2026-11-24T12:00:00Z');
const before = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
const EXPECTATION = 'expectation { sampleSize p50Ms p95Ms remainingMs overdueByMs }';

describe('the expectation of runs', () => {
  /** Newest first. */
  const histories = new Map<string, readonly Wire[]>();
  const script: Script = ({ endpoint, workflowId, runId, url }) => {
    const runs = histories.get(workflowId) ?? [];
    const [limit, offset] = ['limit', 'offset'].map((name) => Number(url.searchParams.get(name)));
    if (endpoint === 'workflows') return { json: [...histories.keys()].map((id) => wireWorkflow(id)) };
    if (endpoint === 'runs') return { json: runs.slice(offset, (offset ?? 0) + (limit ?? 0)) };
    const record = runs.find(({ id }) => id === runId);
    if (endpoint === 'run') return record ? { json: [record] } : { status: 404, json: {} };
    return { json: [wireStep({ id: `${runId}-step` })] };
  };
  const gateway = perTest(new TestGateway({ script, clock: createManualClock() }));
  const { upstream } = gateway;
  beforeEach(() => {
    histories.clear();
  });

  const run = (id: string, seconds: number) =>
    wireRun(id, { status: 'running', start_time: before(seconds), end_time: null });
  /** Completed runs, one a minute until an hour ago, that take 1, 2, 3 … seconds. */
  const completed = (count: number, prefix = 'done') =>
    Array.from({ length: count }, (_, index) => {
      const startedBefore = 3600 + 60 * index;
      const times = { start_time: before(startedBefore), end_time: before(startedBefore - index - 1) };
      return wireRun(`${prefix}-${index}`, times);
    });
  const usual = { sampleSize: 20, p50Ms: 10_000, p95Ms: 19_000 };
  const calls = () =>
    ['runs', 'run', 'steps'].map((name) => upstream.calls.filter(({ endpoint }) => endpoint === name).length);

  it('compares a running run with earlier completed runs, in one call', async () => {
    histories.set('wf', [run('slow', 60), run('quick', 4), ...completed(20)]);
    const of = (id: string) => `${id}: run(id: "${id}") { ${EXPECTATION} }`;
    for (let time = 0; time < 3; time += 1) {
      const { data, errors } = await gateway.query(`{ workflow(id: "wf") { ${of('slow')} ${of('quick')} } }`);
      expect(errors).toEqual([]);
      expect(data).toEqual({
        workflow: {
          slow: { expectation: { ...usual, remainingMs: 0, overdueByMs: 41_000 } },
          quick: { expectation: { ...usual, remainingMs: 6000, overdueByMs: 0 } },
        },
      });
    }
    expect(calls()).toEqual([1, 2, 0]);
  });

  it('compares the runs of 20 workflows with two calls per history', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `wf-${index}`);
    for (const id of ids) histories.set(id, completed(250, `${id}-run`));
    const { data, errors } = await gateway.query(
      '{ workflows { nodes { runs(first: 20) { nodes { expectation { sampleSize } } } } } }',
    );
    expect(errors).toEqual([]);
    const nodes = Array.from({ length: 20 }, () => ({ expectation: { sampleSize: 100 } }));
    expect(data).toEqual({ workflows: { nodes: ids.map(() => ({ runs: { nodes } })) } });
    // One page with the 20 runs, and two of 100.
    expect(calls()).toEqual([60, 0, 0]);
  });

  it('compares an old run with its predecessors, within the latest 500', async () => {
    histories.set('wf', completed(700));
    const sizeOf = async (id: string) => {
      const { data, errors } = await gateway.query(
        `{ run(workflowId: "wf", id: "${id}") { expectation { sampleSize p50Ms } } }`,
      );
      expect(errors).toEqual([]);
      return (data as { run: { expectation: unknown } }).run.expectation;
    };
    expect(await sizeOf('done-98')).toEqual({ sampleSize: 100, p50Ms: 149_000 });
    expect(calls()).toEqual([2, 1, 0]);
    expect(await sizeOf('done-300')).toEqual({ sampleSize: 100, p50Ms: 351_000 });
    expect(calls()).toEqual([6, 2, 0]);
    expect(await sizeOf('done-600')).toBeNull();
    expect(calls()).toEqual([6, 3, 0]);
  });

  describe('nodes', () => {
    const ask = () =>
      gateway.query('{ run(workflowId: "wf", id: "slow") { expectation { nodes { nodeId sampleSize p95Ms } } } }');
    const nodes = (sampleSize: number) => ({
      run: { expectation: { nodes: [{ nodeId: 'model_1', sampleSize, p95Ms: 2237.692 }] } },
    });

    it('load the steps of 20 runs with one call each', async () => {
      histories.set('wf', [run('slow', 60), ...completed(60)]);
      for (let time = 0; time < 2; time += 1) expect((await ask()).data).toEqual(nodes(20));
      expect(calls()).toEqual([1, 1, 20]);
    });

    it('exclude a run without steps, and request it again later', async () => {
      histories.set('wf', [run('slow', 60), ...completed(20)]);
      upstream.script = (call) =>
        call.runId === 'done-3' && call.endpoint === 'steps' ? { status: 500 } : script(call);
      const partial = await ask();
      expect([partial.data, partial.errors]).toEqual([nodes(19), []]);
      upstream.script = script;
      expect((await ask()).data).toEqual(nodes(20));
    });

    it('are null with the error if no steps can be loaded', async () => {
      histories.set('wf', [run('slow', 60), ...completed(20)]);
      upstream.script = (call) => (call.endpoint === 'steps' ? { status: 500 } : script(call));
      const answer = await ask();
      expect(answer.data).toEqual({ run: { expectation: { nodes: null } } });
      expect(placesOf(answer)).toEqual(['run.expectation.nodes: UPSTREAM_UNAVAILABLE']);
    });
  });

  describe('beyond the 95th percentile', () => {
    const overdue = (args = '') =>
      gateway.query(`{ overdueRuns${args} { id workflowId expectation { overdueByMs } } }`);
    const found = (workflowId: string, id: string, overdueByMs: number) => ({
      id,
      workflowId,
      expectation: { overdueByMs },
    });

    it('lists overdue runs of 20 workflows with one call per history', async () => {
      for (let index = 0; index < 20; index += 1)
        histories.set(`wf-${index}`, [
          run(`new-${index}`, 5),
          run(`slow-${index}`, 30 + index),
          ...completed(20, `done-${index}`),
        ]);
      for (let time = 0; time < 3; time += 1) {
        const { data, errors } = await overdue('(first: 3)');
        expect(errors).toEqual([]);
        expect(data).toEqual({
          overdueRuns: [19, 18, 17].map((index) => found(`wf-${index}`, `slow-${index}`, 11_000 + index * 1000)),
        });
      }
      expect(upstream.calls.map(({ endpoint }) => endpoint)).toEqual([
        'workflows',
        ...Array.from({ length: 20 }, () => 'runs'),
      ]);
    });

    it('finds a run that hangs behind 450 later runs', async () => {
      histories.set('wf', [...completed(450), run('stuck', 30_595), ...completed(600).slice(450)]);
      const { data } = await overdue('(workflowIds: ["wf"])');
      expect(data).toMatchObject({ overdueRuns: [{ id: 'stuck' }] });
      expect(calls()).toEqual([6, 0, 0]);
    });

    it('excludes an unreadable workflow, with its error', async () => {
      histories.set('wf', [run('slow', 60), ...completed(20)]);
      histories.set('down', []);
      upstream.script = (call) =>
        call.endpoint === 'runs' && call.workflowId === 'down' ? { status: 500 } : script(call);
      const answer = await overdue();
      expect(answer.data).toEqual({ overdueRuns: [found('wf', 'slow', 41_000)] });
      expect(placesOf(answer)).toEqual(['overdueRuns: UPSTREAM_UNAVAILABLE']);
      expect(answer.errors[0]?.extensions.workflowId).toBe('down');
    });
  });
});
