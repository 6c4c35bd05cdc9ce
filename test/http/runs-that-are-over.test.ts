import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 20) + seconds * 1000).toISOString();

/** An execution of node `a`; without an end the upstream says that it runs. */
const ran = (id: string, status: string, start: number, end: number | null, fields: Wire = {}): Wire =>
  wireStep({ id, node_id: 'a', status, start_time: at(start), end_time: end === null ? null : at(end), ...fields });

const RUNS: Readonly<Record<string, { readonly status: string; readonly steps: readonly Wire[] }>> = {
  good: { status: 'completed', steps: [ran('a1', 'completed', 0, 20)] },
  left: {
    status: 'failed',
    steps: [ran('a1', 'running', 0, null), ran('a2', 'failed', 5, 6, { error: 'no stock' })],
  },
  mended: {
    status: 'completed',
    steps: [ran('a1', 'failed', 0, 10), ran('a2', 'completed', 0, 20), ran('a3', 'completed', 21, 28)],
  },
  parallel: { status: 'failed', steps: [ran('a1', 'failed', 0, 10), ran('a2', 'completed', 9, 20)] },
  slow: { status: 'failed', steps: [ran('a1', 'running', 0, null, { elapsed_time: 4 })] },
};

describe('a run that is over', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    const recordOf = (id: string) =>
      wireRun(id, { status: RUNS[id]?.status, start_time: at(0), end_time: at(60), error: null });
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'steps') return { json: RUNS[runId]?.steps };
      if (endpoint === 'run') return { json: [recordOf(runId)] };
      return endpoint === 'runs' ? { json: ['left', 'good'].map(recordOf) } : { status: 404 };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  async function ask(document: string) {
    const { data, errors } = await gateway.query(document);
    expect(errors).toEqual([]);
    return data;
  }

  it('and left a step running shows the failure of the same node', async () => {
    const left = 'run(workflowId: "wf", id: "left") { progress { finished total } }';
    const comparison =
      'compareRuns(workflowId: "wf", baseId: "good", headId: "left") { nodes { change headStep { id } } }';
    const groups = 'workflow(id: "wf") { failureGroups { nodeId message count } }';
    expect(await ask(`{ ${left} ${comparison} ${groups} }`)).toEqual({
      run: { progress: { finished: 1, total: 1 } },
      compareRuns: { nodes: [{ change: 'BROKE', headStep: { id: 'a2' } }] },
      workflow: { failureGroups: [{ nodeId: 'a', message: 'no stock', count: 1 }] },
    });
  });

  it.each([
    ['mended', []],
    ['parallel', [{ id: 'a1' }]],
    ['left', [{ id: 'a2' }]],
  ])(
    'keeps the failures that had not ended when the last execution of their node began: %s',
    async (id, failedSteps) => {
      const run = await ask(`{ run(workflowId: "wf", id: "${id}") { failedSteps(latestAttemptOnly: true) { id } } }`);
      expect(run).toEqual({ run: { failedSteps } });
    },
  );

  it('ends its running steps: the bar of a step is as long as its duration', async () => {
    const step = 'durationMs durationSource shareOfRun';
    const timeline = 'timeline { bars { durationMs widthPercent } } timing { totalDurationMs busyMs }';
    expect(await ask(`{ run(workflowId: "wf", id: "slow") { steps { ${step} } ${timeline} } }`)).toEqual({
      run: {
        steps: [{ durationMs: 60_000, durationSource: 'LIVE', shareOfRun: 1 }],
        timeline: { bars: [{ durationMs: 60_000, widthPercent: 100 }] },
        timing: { totalDurationMs: 60_000, busyMs: 60_000 },
      },
    });
  });
});
