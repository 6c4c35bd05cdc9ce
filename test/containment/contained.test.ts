import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type Call, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type GraphqlAnswer, type TestGateway } from '../harness/gateway.ts';
import { subscribe, type Transport } from '../harness/live-client.ts';
import { createScriptedHistory, wireWorkflow } from '../harness/scripted-history.ts';
import { wireStep } from '../harness/wire.ts';

const AT_A_GLANCE = readFileSync(new URL('../../examples/every-workflow-at-a-glance.graphql', import.meta.url), 'utf8');

describe('a failure', () => {
  const { script } = createScriptedHistory(
    3,
    ['billing', 'triage', 'onboarding'].map((id) => wireWorkflow(id)),
  );
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream(script);
    const { now, after } = createManualClock();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now, after });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const failing =
    (isFailing: (call: Call) => boolean, status: number): Script =>
    (call) =>
      isFailing(call) ? { status } : script(call);
  const told = ({ errors }: GraphqlAnswer) =>
    errors.map(({ path, extensions }) => `${path?.join('.') ?? ''}: ${extensions.code}`);

  it('of the history of one workflow nulls its runs alone', async () => {
    const whole = await gateway.query(AT_A_GLANCE);
    upstream.script = failing(({ endpoint, workflowId }) => endpoint === 'runs' && workflowId === 'triage', 500);
    const answer = await gateway.query(AT_A_GLANCE, { key: 'key-2' });
    const { workflows } = whole.data as { workflows: { totalCount: number; nodes: { id: string }[] } };
    const nodes = workflows.nodes.map((workflow) =>
      workflow.id === 'triage' ? { ...workflow, runs: null } : workflow,
    );
    expect(answer.data).toEqual({ workflows: { ...workflows, nodes } });
    expect(told(answer)).toEqual(['workflows.nodes.1.runs: UPSTREAM_UNAVAILABLE']);
  });

  it('of an id that can not be asked for leaves out its workflow alone, and blames nobody', async () => {
    upstream.script = (call) =>
      call.endpoint === 'workflows' ? { json: [wireWorkflow('..'), wireWorkflow('triage')] } : script(call);
    const answer = await gateway.query('{ workflows { nodes { id runs(first: 1) { nodes { id } } } } }');
    expect(answer.data).toEqual({ workflows: { nodes: [{ id: 'triage', runs: { nodes: [{ id: 'run-3' }] } }] } });
    expect(told(answer)).toEqual([]);
  });

  it('is an error at each field that it nulls, with the words of the upstream call', async () => {
    upstream.script = failing(({ endpoint, runId }) => endpoint === 'steps' && runId === 'run-2', 503);
    const { errors } = await gateway.query(
      '{ workflow(id: "billing") { runs { nodes { id stepCounts { total } timing { busyMs } } } } }',
    );
    expect(errors.map(({ path, message }) => [path?.join('.'), message])).toEqual([
      ['workflow.runs.nodes.1.stepCounts', 'the upstream failed (HTTP 503)'],
      ['workflow.runs.nodes.1.timing', 'the upstream failed (HTTP 503)'],
    ]);
  });

  it.each([401, 403])('that is a refusal of the key serves nothing of the run: %i', async (status) => {
    upstream.script = failing(({ endpoint }) => endpoint === 'steps', status);
    const answer = await gateway.query(
      '{ run(workflowId: "billing", id: "run-1") { status outputs stepCounts { total } } }',
    );
    expect(answer.data).toEqual({ run: null });
    expect(told(answer)).toEqual([`run: ${status === 401 ? 'UNAUTHENTICATED' : 'FORBIDDEN'}`]);
  });

  it('of the list of workflows leaves no answer behind that was derived without the graph', async () => {
    const query = '{ run(workflowId: "billing", id: "run-1") { criticalPath { isInferred } } }';
    const ask = async () => (await gateway.query(query)).data;
    upstream.script = failing(({ endpoint }) => endpoint === 'workflows', 500);
    // An answer is cached from the second time on.
    for (let time = 0; time < 3; time += 1)
      expect(await ask()).toEqual({ run: { criticalPath: { isInferred: true } } });
    upstream.script = script;
    expect(await ask()).toEqual({ run: { criticalPath: { isInferred: false } } });
  });

  describe('of one entry of the steps', () => {
    const FIELDS =
      'status stepCounts { total } steps { id outputs(path: "model") } failed: steps(filter: { failedOnly: true }) { id }';
    const QUERY = `{ run(workflowId: "billing", id: "run-1") { ${FIELDS} } }`;
    const step = (id: string) => ({ id, outputs: 'virtuoso-large' });
    const expected = { status: 'COMPLETED', stepCounts: { total: 2 }, steps: [step('a'), step('b'), null], failed: [] };

    beforeEach(() => {
      upstream.script = (call) =>
        call.endpoint === 'steps' ? { json: [wireStep({ id: 'a' }), 7, wireStep({ id: 'b' })] } : script(call);
    });

    it('is one of itself alone, the first time and again and again', async () => {
      for (let time = 0; time < 4; time += 1) {
        const answer = await gateway.query(QUERY);
        expect(answer.data).toEqual({ run: expected });
        expect(told(answer)).toEqual(['run.steps.2: UPSTREAM_CONTRACT_VIOLATION']);
      }
    });

    it.each<Transport>(['graphql-ws', 'graphql-sse'])(
      'is one of itself alone in an event over %s',
      async (transport) => {
        const client = await subscribe(
          transport,
          gateway.url,
          `subscription { runUpdated(workflowId: "billing", id: "run-1") { ${FIELDS} } }`,
        );
        expect(await client.next()).toMatchObject({
          type: 'next',
          payload: { data: { runUpdated: expected }, errors: [{ path: ['runUpdated', 'steps', 2] }] },
        });
        expect(await client.next()).toEqual({ type: 'complete' });
        client.leave();
      },
    );
  });

  it('to load a run that was started does not hide that it was', async () => {
    upstream.script = (call) => {
      if (call.endpoint === 'execute') return { json: { run_id: 'new', message: 'started' } };
      return { status: 500 };
    };
    const answer = await gateway.query(
      'mutation { executeWorkflow(workflowId: "billing") { message run { id workflowId startedAt } } }',
    );
    const run = { id: 'new', workflowId: 'billing', startedAt: null };
    expect(answer.data).toEqual({ executeWorkflow: { message: 'started', run } });
    expect(told(answer)).toEqual(['executeWorkflow.run.startedAt: UPSTREAM_UNAVAILABLE']);
  });
});
