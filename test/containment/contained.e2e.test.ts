import { describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { placesOf } from '../harness/operations.ts';
import type { Call, Script } from '../harness/upstream.ts';
import { wireWorkflow } from '../harness/wire.ts';
import { createScriptedHistory } from '../harness/workflows.ts';

describe('a failed upstream call', () => {
  const { script } = createScriptedHistory(
    3,
    ['billing', 'triage', 'onboarding'].map((id) => wireWorkflow(id)),
  );
  const gateway = perTest(new TestGateway({ script, clock: createManualClock() }));
  const { upstream } = gateway;

  const failing =
    (isFailing: (call: Call) => boolean, status: number): Script =>
    (call) =>
      isFailing(call) ? { status } : script(call);

  it('keeps a response derived without the graph out of the cache', async () => {
    const query = '{ run(workflowId: "billing", id: "run-1") { criticalPath { isInferred } } }';
    const ask = async () => (await gateway.query(query)).data;
    upstream.script = failing(({ endpoint }) => endpoint === 'workflows', 500);
    // Answers are cached from the second time on.
    for (let time = 0; time < 3; time += 1)
      expect(await ask()).toEqual({ run: { criticalPath: { isInferred: true } } });
    upstream.script = script;
    expect(await ask()).toEqual({ run: { criticalPath: { isInferred: false } } });
  });

  it('shows a started run although its call failed', async () => {
    upstream.script = (call) => {
      if (call.endpoint === 'execute') return { json: { run_id: 'new', message: 'started' } };
      return { status: 500 };
    };
    const answer = await gateway.query(
      'mutation { executeWorkflow(workflowId: "billing") { message run { id workflowId startedAt } } }',
    );
    const run = { id: 'new', workflowId: 'billing', startedAt: null };
    expect(answer.data).toEqual({ executeWorkflow: { message: 'started', run } });
    expect(placesOf(answer)).toEqual(['executeWorkflow.run.startedAt: UPSTREAM_UNAVAILABLE']);
  });
});
