import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../support/faulty-upstream.ts';
import { INCIDENTS_SDL, startFederatedGraph, type FederatedGraph } from '../support/federated-graph.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const CONTRACT = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

describe('the schema as a subgraph', () => {
  it('composes with one that refers to its types and adds a field to runs', () => {
    const { errors, supergraphSdl } = composeServices([
      { name: 'stepgate', url: 'http://stepgate.test', typeDefs: parse(CONTRACT) },
      { name: 'incidents', url: 'http://incidents.test', typeDefs: parse(INCIDENTS_SDL) },
    ]);
    expect(errors).toBeUndefined();
    expect(supergraphSdl).toContain('@join__type(graph: STEPGATE, key: "workflowId runId id")');
  });

  it('is refused by the composition, and so by these tests, with a key that is none', () => {
    const broken = CONTRACT.replace('@key(fields: "workflowId id")', '@key(fields: "workflow id")');
    const { errors } = composeServices([{ name: 'stepgate', url: 'http://stepgate.test', typeDefs: parse(broken) }]);
    expect(errors).toMatchObject([{ message: expect.stringContaining('@key(fields: "workflow id")') }]);
  });
});

describe("Apollo's gateway over this one with the embedded upstream, and a subgraph of incidents", () => {
  const run = { workflowId: 'support-triage', runId: 'run-4711' };
  let gateway: TestGateway;
  let graph: FederatedGraph;

  beforeAll(async () => {
    gateway = await startGateway();
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
  afterAll(async () => {
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

  it('answers what incidents refer to, with the bearer forwarded; the run that is gone alone is null', async () => {
    const { data, errors } = await graph.query(INCIDENTS);
    const failed = { status: 'FAILED', totalElapsedTime: 7, failedSteps: [{ nodeId: 'draft_reply' }] };
    const workflow = { name: expect.any(String) };
    expect(data).toEqual({
      incidents: {
        nodes: [
          {
            title: 'No reply was drafted',
            run: failed,
            step: { nodeId: expect.any(String), status: 'FAILED', run: 'run-4711' },
            workflow,
          },
          { title: 'A run that is gone', run: null, step: null, workflow },
          { title: 'The customer asked again', run: failed, step: null, workflow },
        ],
        pageInfo: { hasNextPage: false },
      },
    });
    expect(errors).toMatchObject([
      { path: ['incidents', 'nodes', 1, 'run'], extensions: { code: 'NOT_FOUND', requestId: expect.any(String) } },
    ]);
  });

  it('answers the field that the other subgraph adds to a run', async () => {
    const { data, errors } = await graph.query(
      '{ workflow(id: "support-triage") { runsById(ids: ["run-4711"]) { status incidents { title step { durationMs } } } } }',
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      workflow: {
        runsById: [
          {
            status: 'FAILED',
            incidents: [
              { title: 'No reply was drafted', step: { durationMs: expect.any(Number) } },
              { title: 'The customer asked again', step: null },
            ],
          },
        ],
      },
    });
  });

  it("answers nothing of it to another organization's key, or without one", async () => {
    await graph.query(INCIDENTS);
    for (const [key, code] of [
      ['other-key', 'NOT_FOUND'],
      [null, 'UNAUTHENTICATED'],
    ] as const) {
      const { data, errors } = await graph.query('{ incidents { nodes { run { status } step { nodeId } } } }', { key });
      expect(data).toEqual({ incidents: { nodes: Array.from({ length: 3 }, () => ({ run: null, step: null })) } });
      expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set([code]));
    }
  });
});

describe("Apollo's gateway over this one with a counted upstream", () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let graph: FederatedGraph;

  beforeAll(async () => {
    upstream = await startFaultyUpstream(healthy);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
    const incidents = Array.from({ length: 40 }, (_, index) => ({
      id: `incident-${index}`,
      title: 'again',
      workflowId: 'wf',
      runId: `r${index % 10}`,
      stepId: `r${index % 10}-step`,
    }));
    graph = await startFederatedGraph(gateway.url, incidents);
  });
  afterAll(async () => {
    await graph.close();
    await gateway.close();
    await upstream.close();
  });

  it('costs one steps call a run, though forty incidents name ten runs and ten steps of theirs', async () => {
    const { errors } = await graph.query('{ incidents { nodes { run { totalElapsedTime } step { durationMs } } } }', {
      key: 'key-1',
    });
    expect(errors).toEqual([]);
    const steps = upstream.calls.filter(({ endpoint }) => endpoint === 'steps');
    expect(steps.map(({ runId }) => runId).sort()).toEqual(Array.from({ length: 10 }, (_, index) => `r${index}`));
    expect(new Set(upstream.calls.map(({ key }) => key))).toEqual(new Set(['key-1']));
  });
});
