import { beforeEach, describe, expect, it } from '@jest/globals';
import { createTimerScheduler, createVirtualScheduler } from '../../src/embedded-upstream/scheduler.ts';
import { createStore } from '../../src/embedded-upstream/store.ts';
import { NOON, startUpstream, type Upstream } from './harness.ts';

describe('an executed run', () => {
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream();
  });

  async function finishedRun(workflowId: string, inputs: object) {
    const id = await upstream.execute(workflowId, inputs);
    upstream.advance(120_000);
    return { run: await upstream.run(workflowId, id), steps: await upstream.steps(workflowId, id) };
  }

  it('is there at once: pending, newest, without steps', async () => {
    const id = await upstream.execute('support-triage', { ticket_id: 'T-1' });
    expect(await upstream.steps('support-triage', id)).toEqual([]);
    expect(await upstream.run('support-triage', id)).toMatchObject({
      id,
      status: 'pending',
      start_time: '2026-11-20T12:00:00.000000Z',
      end_time: null,
      elapsed_time: 0,
      outputs: null,
      all_outputs: {},
      inputs: { ticket_id: 'T-1' },
    });
    expect((await upstream.runs('support-triage'))[0]).toMatchObject({ id });
  });

  it('shows its steps as they start, and completes', async () => {
    const id = await upstream.execute('support-triage', { simulate: 'success', subject: 'Checkout is down' });
    const seen: string[][] = [];
    let statuses = new Set<string>();
    for (let ms = 0; ms < 15_000; ms += 20) {
      upstream.advance(20);
      const steps = await upstream.steps('support-triage', id);
      const nodeIds = steps.map(({ node_id: nodeId }) => nodeId);
      if (nodeIds.length !== seen.at(-1)?.length) seen.push(nodeIds);
      for (const step of steps) expect(step.end_time === null).toBe(step.status === 'running');
      const { status, end_time: end } = await upstream.run('support-triage', id);
      expect(end === null).toBe(status !== 'completed');
      statuses = statuses.add(status);
      if (status === 'completed') break;
    }
    expect([...statuses]).toEqual(['pending', 'running', 'completed']);
    expect(seen.length).toBeGreaterThanOrEqual(6);
    for (const [index, nodeIds] of seen.entries()) {
      expect(nodeIds.slice(0, seen[index - 1]?.length ?? 0)).toEqual(seen[index - 1] ?? []);
    }
    expect(seen.at(-1)).toHaveLength(8);
  });

  it('hands its inputs to every step', async () => {
    const inputs = { simulate: 'success', subject: 'I cannot sign in', nested: { list: [1, null] } };
    const { run, steps } = await finishedRun('support-triage', inputs);
    expect(run.inputs).toEqual(inputs);
    for (const step of steps) expect(step.inputs).toMatchObject({ run_id: run.id, input_data: inputs });
  });

  it('skips the branch that its inputs do not lead to', async () => {
    const { run, steps } = await finishedRun('support-triage', {
      simulate: 'success',
      subject: 'Where is my invoice?',
    });
    const skipped = steps.filter(({ status }) => status === 'skipped');
    expect(skipped).toMatchObject([{ node_id: 'page_on_call', elapsed_time: 0, outputs: null }]);
    expect(run.status).toBe('completed');
  });

  it('retries a node that fails once', async () => {
    const { run, steps } = await finishedRun('support-triage', { simulate: 'retry' });
    const attempts = steps.filter(({ node_id: nodeId }) => nodeId === 'classify');
    expect(attempts).toMatchObject([
      { status: 'failed', step_metadata: null, outputs: { choices: [{ finish_reason: 'length' }] } },
      { status: 'completed', error: expect.not.stringMatching(/./), step_metadata: { attempt: 2 } },
    ]);
    expect(run.status).toBe('completed');
  });

  it('fails with the node that fails for good: nothing starts after it', async () => {
    const { run, steps } = await finishedRun('nightly-report', { simulate: 'failure' });
    const attempts = steps.filter(({ node_id: nodeId }) => nodeId === 'load_orders');
    expect(attempts.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(steps.some(({ node_id: nodeId }) => nodeId === 'aggregate')).toBe(false);
    expect(run).toMatchObject({ status: 'failed', error: 'Node "load_orders" failed', outputs: null });
    expect(steps.filter(({ status }) => status === 'completed').length).toBeGreaterThan(1);
  });

  it('can be made to fail in every workflow', async () => {
    for (const { workflow_id: workflowId } of await upstream.workflows()) {
      expect((await finishedRun(workflowId, { simulate: 'failure' })).run.status).toBe('failed');
    }
  });

  it('takes 4 to 15 seconds, retries included, and longer when it is told to be slow', async () => {
    for (const { workflow_id: workflowId } of await upstream.workflows()) {
      for (const simulate of ['success', 'success', 'success', 'retry', 'retry']) {
        const { run } = await finishedRun(workflowId, { simulate, depth: 3 });
        expect([workflowId, run.elapsed_time >= 4 && run.elapsed_time < 15]).toEqual([workflowId, true]);
      }
    }
    expect((await finishedRun('quick-answer', { simulate: 'slow' })).run.elapsed_time).toBeGreaterThanOrEqual(16);
  });

  it('draws from the seed: two upstreams on the same clock run alike', async () => {
    const another = await startUpstream();
    const ids = [await upstream.execute('research-agent', {}), await another.execute('research-agent', {})];
    expect(ids[0]).toBe(ids[1]);
    upstream.advance(60_000);
    another.advance(60_000);
    expect(await another.steps('research-agent', ids[0] ?? '')).toEqual(
      await upstream.steps('research-agent', ids[0] ?? ''),
    );
  });

  it('has another id after a restart at another time, for a gateway may remember the first', () => {
    const ids = new Set<string>();
    for (const now of [NOON, NOON + 1]) {
      const scheduler = createVirtualScheduler(now);
      const store = createStore({ seed: 1, pace: 1, scheduler });
      const demo = store.organization('demo');
      const [workflow] = demo.workflows;
      if (workflow) ids.add(demo.execute(workflow, {}, 'user-ada').id);
    }
    expect(ids.size).toBe(2);
  });

  it('goes as fast as the pace says', async () => {
    const fast = await startUpstream({ pace: 1000 });
    const id = await fast.execute('quick-answer', { simulate: 'success' });
    fast.advance(10);
    expect((await fast.run('quick-answer', id)).status).toBe('completed');
  });

  it('moves on real timers', async () => {
    const real = await startUpstream({ pace: 10_000, scheduler: createTimerScheduler() });
    const id = await real.execute('quick-answer', { simulate: 'success' });
    let run = await real.run('quick-answer', id);
    while (run.end_time === null) run = await real.run('quick-answer', id);
    expect(run.status).toBe('completed');
  });
});

describe('the store', () => {
  it('keeps the newest 1,000 executed runs, the history beside them, and stops what it drops', () => {
    const scheduler = createVirtualScheduler(NOON);
    const demo = createStore({ seed: 1, pace: 1, scheduler }).organization('demo');
    const workflow = demo.workflow('quick-answer');
    if (!workflow) throw new Error('expected the sample workflow');
    const before = demo.runs(workflow).length;
    const runs = Array.from({ length: 1001 }, () => demo.execute(workflow, {}, 'user-ada'));
    expect(demo.runs(workflow)).toHaveLength(before + 1000);
    scheduler.advance(30_000);
    expect(demo.run(workflow, runs[0]?.id ?? '')).toBeUndefined();
    expect(runs[0]?.status).toBe('pending');
    expect(runs[1]?.endMicros).not.toBeNull();
  });

  it('keeps fewer where their inputs are large', () => {
    const demo = createStore({ seed: 1, pace: 1, scheduler: createVirtualScheduler(NOON) }).organization('demo');
    const [workflow] = demo.workflows;
    if (!workflow) throw new Error('expected the sample workflow');
    const before = demo.runs(workflow).length;
    const inputs = { text: 'x'.repeat(2 ** 20) };
    const runs = Array.from({ length: 5 }, () => demo.execute(workflow, inputs, 'user-ada'));
    expect(demo.runs(workflow)).toHaveLength(before + 3);
    expect(runs.map(({ id }) => demo.run(workflow, id) !== undefined)).toEqual([false, false, true, true, true]);
  });

  it('stops every run when it is closed', () => {
    const scheduler = createVirtualScheduler(NOON);
    const store = createStore({ seed: 1, pace: 1, scheduler });
    const demo = store.organization('demo');
    const [workflow] = demo.workflows;
    const run = workflow && demo.execute(workflow, {}, 'user-ada');
    store.close();
    scheduler.runToEnd();
    expect(run?.status).toBe('pending');
    expect(scheduler.now()).toBe(NOON);
  });
});
