import { beforeAll, describe, expect, it } from '@jest/globals';
import { microsOf, startUpstream, type Upstream, type WireRun, type WireStep, type WireWorkflow } from './harness.ts';

interface HistoricRun {
  readonly workflow: WireWorkflow;
  readonly run: WireRun;
  readonly steps: readonly WireStep[];
}

async function everyRun(upstream: Upstream, key: string): Promise<HistoricRun[]> {
  const history: HistoricRun[] = [];
  for (const workflow of await upstream.workflows(key)) {
    for (const run of await upstream.runs(workflow.workflow_id, key)) {
      history.push({ workflow, run, steps: await upstream.steps(workflow.workflow_id, run.id, key) });
    }
  }
  return history;
}

const end = (span: { end_time: string | null }): number => microsOf(span.end_time);
const start = (span: { start_time: string }): number => microsOf(span.start_time);

describe('the seeded history', () => {
  let upstream: Upstream;
  let demo: HistoricRun[];
  let all: HistoricRun[];

  beforeAll(async () => {
    upstream = await startUpstream();
    demo = await everyRun(upstream, 'demo-key');
    all = [...demo, ...(await everyRun(upstream, 'other-key'))];
  });

  const statusCount = (status: string): number => demo.filter(({ run }) => run.status === status).length;

  it('is the same, byte by byte, at each start', async () => {
    const another = await startUpstream();
    const paths = [
      '/workflows',
      ...demo.map(({ workflow, run }) => `/workflows/${workflow.workflow_id}/runs/${run.id}/steps`),
    ];
    for (const path of paths) {
      const [one, two] = await Promise.all([upstream.request(path), another.request(path)]);
      expect(await one.text()).toBe(await two.text());
    }
    for (const { workflow_id: id } of await upstream.workflows()) {
      expect(await another.runs(id)).toEqual(await upstream.runs(id));
    }
  });

  it('differs with another seed, but for the runs that were made to be looked at', async () => {
    const another = await startUpstream({ seed: 1 });
    const ids = (runs: WireRun[]): string[] => runs.map(({ id }) => id);
    const [one, two] = [ids(await upstream.runs('support-triage')), ids(await another.runs('support-triage'))];
    expect(one.filter((id) => two.includes(id))).toEqual(['run-4712', 'run-4711']);
  });

  it('has some 60 finished runs, about a fifth of them failed, one cancelled, one with an odd word', () => {
    expect(demo.length).toBeGreaterThanOrEqual(58);
    expect(demo.length).toBeLessThanOrEqual(66);
    expect(statusCount('failed') / demo.length).toBeGreaterThan(0.12);
    expect(statusCount('failed') / demo.length).toBeLessThan(0.28);
    expect(statusCount('cancelled')).toBe(1);
    expect(statusCount('archived')).toBe(1);
    expect(statusCount('running') + statusCount('pending')).toBe(0);
  });

  it('lies in the two weeks before 2026-11-20', () => {
    for (const { run } of all) {
      expect(start(run)).toBeGreaterThanOrEqual(Date.parse('2026-11-06T00:00:00Z') * 1000);
      expect(end(run)).toBeLessThan(Date.parse('2026-11-20T00:00:00Z') * 1000);
    }
  });

  it('lists runs newest first', async () => {
    const starts = (await upstream.runs('nightly-report')).map(start);
    expect(starts).toEqual([...starts].sort((one, another) => another - one));
  });

  it('has ids that occur once', () => {
    const stepIds = all.flatMap(({ steps }) => steps.map(({ id }) => id));
    const runIds = all.map(({ run }) => run.id);
    expect(new Set(stepIds).size).toBe(stepIds.length);
    expect(new Set(runIds).size).toBe(runIds.length);
  });

  it('floors the elapsed seconds of steps and runs', () => {
    for (const { run, steps } of all) {
      for (const span of [run, ...steps]) {
        expect(end(span)).toBeGreaterThanOrEqual(start(span));
        expect(span.elapsed_time).toBe(Math.floor((end(span) - start(span)) / 1_000_000));
      }
    }
  });

  it('has every step within its run', () => {
    for (const { run, steps } of all) {
      for (const step of steps) {
        expect(start(step)).toBeGreaterThanOrEqual(start(run));
        expect(end(step)).toBeLessThanOrEqual(end(run));
      }
    }
  });

  it('executes only nodes of the graph, each after the nodes before it have ended', () => {
    for (const { workflow, steps } of all) {
      for (const step of steps) {
        expect(Object.keys(workflow.graph.nodes)).toContain(step.node_id);
        const predecessors = workflow.graph.edges.filter(([, to]) => to === step.node_id).map(([from]) => from);
        for (const earlier of steps.filter(({ node_id: id }) => predecessors.includes(id))) {
          expect(start(step)).toBeGreaterThanOrEqual(end(earlier));
        }
      }
    }
  });

  it('completes a run only if its finish point completed, and fails it only with a failed last attempt', () => {
    for (const { workflow, run, steps } of all) {
      const lastAttempts = [...new Map(steps.map((step) => [step.node_id, step.status])).entries()];
      const hasFinished = lastAttempts.some(
        ([id, status]) => id === workflow.graph.finish_point && status === 'completed',
      );
      const hasFailed = lastAttempts.some(([, status]) => status === 'failed');
      expect([run.id, hasFinished]).toEqual([run.id, run.status === 'completed' || run.status === 'archived']);
      expect([run.id, hasFailed]).toEqual([run.id, run.status === 'failed']);
    }
  });

  it('has retries, loops, skipped nodes, and branches that never appear', () => {
    const nodeIds = (steps: readonly WireStep[]): string[] => steps.map(({ node_id: id }) => id);
    const executions = (run: HistoricRun, nodeId: string): number =>
      nodeIds(run.steps).filter((id) => id === nodeId).length;
    expect(demo.some((run) => run.run.status === 'completed' && executions(run, 'classify') === 2)).toBe(true);
    expect(demo.some((run) => executions(run, 'web_search') === 3)).toBe(true);
    expect(demo.some(({ steps }) => steps.some(({ status }) => status === 'skipped'))).toBe(true);
    const invoices = demo.filter(({ workflow, run }) => workflow.workflow_id === 'invoice-extraction' && !run.error);
    for (const { steps } of invoices) {
      expect(nodeIds(steps).filter((id) => id === 'post_to_erp' || id === 'review_queue')).toHaveLength(1);
    }
  });

  it('has a node that gets slower', () => {
    const durations = demo
      .flatMap(({ steps }) => steps.filter(({ node_id: id }) => id === 'aggregate'))
      .sort((one, another) => start(one) - start(another))
      .map((step) => end(step) - start(step));
    expect(durations.at(-1)).toBeGreaterThan(2 * (durations[0] ?? Infinity));
  });

  it('cancels the steps that were running when somebody cancelled the run', () => {
    const cancelled = demo.find(({ run }) => run.status === 'cancelled');
    const step = cancelled?.steps.find(({ status }) => status === 'cancelled');
    expect(step?.end_time).toBe(cancelled?.run.end_time);
  });
});

describe('run-4711 of support-triage', () => {
  it('has a retry that succeeded, a node that failed for good, and nothing after it', async () => {
    const upstream = await startUpstream();
    const steps = await upstream.steps('support-triage', 'run-4711');
    const run = await upstream.run('support-triage', 'run-4711');

    expect(steps.map(({ node_id: id, status }) => `${id} ${status}`)).toEqual([
      'intake completed',
      'knowledge_search completed',
      'classify failed',
      'sentiment completed',
      'classify completed',
      'route completed',
      'draft_reply failed',
      'page_on_call completed',
    ]);
    expect(run).toMatchObject({ status: 'failed', error: 'Node "draft_reply" failed', outputs: null });
    expect(run.start_time).toBe('2026-11-18T09:14:03.271180Z');
    const [firstClassify] = steps.filter(({ node_id: id }) => id === 'classify');
    expect(firstClassify?.outputs).toMatchObject({ model: 'arcee-blitz', usage: { prompt_tokens: 652 } });
    const draft = steps.find(({ node_id: id }) => id === 'draft_reply');
    expect(JSON.parse(draft?.error ?? '')).toMatchObject({ code: 'context_length_exceeded' });
  });
});
