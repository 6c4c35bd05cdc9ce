import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SAMPLE, startGateway, type TestGateway } from '../../../test/harness/gateway.ts';
import { healthy, type ScriptedUpstream, startUpstream } from '../../../test/harness/upstream.ts';
import { startFederatedGraph, type FederatedGraph } from './apollo-gateway.ts';

describe("Apollo's gateway over this one with the embedded upstream, and a subgraph of incidents", () => {
  const run = { workflowId: 'support-triage', runId: 'run-4711' };
  let gateway: TestGateway;
  let graph: FederatedGraph;

  before(async () => {
    gateway = await startGateway({ upstream: SAMPLE });
    const { data } = await gateway.query(
      '{ run(workflowId: "support-triage", id: "run-4711") { firstFailedStep { id } } }',
      { key: 'demo-key' },
    );
    const { run: cached } = data as { run: { firstFailedStep: { id: string } } };
    graph = await startFederatedGraph(gateway.url, [
      { ...run, id: 'incident-1', title: 'No reply was drafted', stepId: cached.firstFailedStep.id },
      { ...run, id: 'incident-2', title: 'A run that is gone', runId: 'run-gone' },
      { ...run, id: 'incident-3', title: 'The customer asked again' },
    ]);
  });
  after(async () => {
    await graph.close();
    await gateway.close();
  });

  const INCIDENTS = `{ incidents {
    nodes {
      title
      run { status totalElapsedTime failedSteps(latestAttemptOnly: true) { nodeId } }
      step { nodeId status run: runId }
      workflow { name }
    }
    pageInfo { hasNextPage }
  } }`;

  it('The router answers what incidents refer to, with the bearer forwarded; only the missing run is null', async () => {
    const { data, errors } = await graph.query(INCIDENTS);
    const failed = { status: 'FAILED', totalElapsedTime: 7, failedSteps: [{ nodeId: 'draft_reply' }] };
    const workflow = { name: 'Support triage' };
    assert.deepEqual(data, {
      incidents: {
        nodes: [
          {
            title: 'No reply was drafted',
            run: failed,
            step: { nodeId: 'classify', status: 'FAILED', run: 'run-4711' },
            workflow,
          },
          { title: 'A run that is gone', run: null, step: null, workflow },
          { title: 'The customer asked again', run: failed, step: null, workflow },
        ],
        pageInfo: { hasNextPage: false },
      },
    });
    assert.partialDeepStrictEqual(errors, [
      { path: ['incidents', 'nodes', 1, 'run'], extensions: { code: 'NOT_FOUND' } },
    ]);
    assert.ok(errors[0]?.extensions.requestId);
  });

  it('The router answers the field that the other subgraph adds to a run', async () => {
    const { data, errors } = await graph.query(
      '{ workflow(id: "support-triage") { runsById(ids: ["run-4711"]) { status incidents { title step { durationMs } } } } }',
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(data, {
      workflow: {
        runsById: [
          {
            status: 'FAILED',
            incidents: [
              { title: 'No reply was drafted', step: { durationMs: 1697.145 } },
              { title: 'The customer asked again', step: null },
            ],
          },
        ],
      },
    });
  });

  it("The router answers nothing of it to another organization's key, or without one", async () => {
    await graph.query(INCIDENTS);
    for (const [key, code] of [
      ['other-key', 'NOT_FOUND'],
      [null, 'UNAUTHENTICATED'],
    ] as const) {
      const { data, errors } = await graph.query('{ incidents { nodes { run { status } step { nodeId } } } }', { key });
      assert.deepEqual(data, { incidents: { nodes: Array.from({ length: 3 }, () => ({ run: null, step: null })) } });
      assert.deepEqual(new Set(errors.map(({ extensions }) => extensions.code)), new Set([code]));
    }
  });
});

describe("Apollo's gateway over this one with a counted upstream", () => {
  let upstream: ScriptedUpstream;
  let gateway: TestGateway;
  let graph: FederatedGraph;

  before(async () => {
    upstream = await startUpstream(healthy);
    gateway = await startGateway({ upstream });
    const incidents = Array.from({ length: 40 }, (_, index) => ({
      id: `incident-${index}`,
      title: 'again',
      workflowId: 'wf',
      runId: `r${index % 10}`,
      stepId: `r${index % 10}-step`,
    }));
    graph = await startFederatedGraph(gateway.url, incidents);
  });
  after(async () => {
    await graph.close();
    await gateway.close();
    await upstream.close();
  });

  it('A query costs one steps call a run, though forty incidents name ten runs and ten steps of theirs', async () => {
    const { errors } = await graph.query('{ incidents { nodes { run { totalElapsedTime } step { durationMs } } } }', {
      key: 'key-1',
    });
    assert.deepEqual(errors, []);
    const steps = upstream.calls.filter(({ endpoint }) => endpoint === 'steps');
    assert.deepEqual(
      steps.map(({ runId }) => runId).sort(),
      Array.from({ length: 10 }, (_, index) => `r${index}`),
    );
    assert.deepEqual(new Set(upstream.calls.map(({ key }) => key)), new Set(['key-1']));
  });
});
