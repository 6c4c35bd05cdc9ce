/** The sample API keeps the contract: the gateway reads all that it answers, and nothing of it deviates. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deviationsOf } from '../harness/deviations.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

/** One run has a status that nobody knows, to show how it looks. */
const ON_PURPOSE = { 'runs[].status lost': 1 };
const UNKNOWN = '5b0a7f6c-2d1e-4c3b-9a48-0f6e5d4c3b2a';
const RUN = '{ run(workflowId: "support-triage", id: "run-4711") { status inputs steps { id } } }';

describe('the sample API', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const ask = (query: string, key = 'demo-key') => gateway.query(query, { key });

  it('is read without a deviation, but for one status on purpose: workflows with graphs, histories, records and steps', async () => {
    const { data, errors } = await ask(`{ workflows { nodes {
      id name version isPublic createdAt graph { nodes { id } edges { from to } entry finish }
      runs(first: 10) { nodes { id status startedAt steps { id nodeId status startTime elapsedTime tokens } } }
    } } }`);
    expect(errors).toEqual([]);
    const { nodes } = (data as { workflows: { nodes: { graph: object; runs: { nodes: { steps: object[] }[] } }[] } })
      .workflows;
    expect(nodes.length).toBeGreaterThan(3);
    for (const { graph, runs } of nodes) {
      expect(graph).not.toBeNull();
      expect(runs.nodes.flatMap(({ steps }) => steps).length).toBeGreaterThan(0);
    }
    expect(await deviationsOf(gateway.url)).toEqual(ON_PURPOSE);
  });

  it.each([
    ['an unknown run', RUN.replace('run-4711', UNKNOWN), 'demo-key', 'NOT_FOUND'],
    ['an unknown workflow', RUN.replace('support-triage', UNKNOWN), 'demo-key', 'NOT_FOUND'],
    ['a run of another organization', RUN, 'other-key', 'NOT_FOUND'],
    ['an unknown key', RUN, UNKNOWN, 'UNAUTHENTICATED'],
    ['an unknown key and run', RUN.replace('run-4711', UNKNOWN), UNKNOWN, 'UNAUTHENTICATED'],
    [
      'a start of an unknown workflow',
      `mutation { executeWorkflow(workflowId: "${UNKNOWN}") { message } }`,
      'demo-key',
      'NOT_FOUND',
    ],
  ])('answers %s with the error that the gateway expects', async (_, query, key, code) => {
    const { errors } = await ask(query, key);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  });

  it('starts a run, whose record and steps can be asked for at once', async () => {
    const { data, errors } = await ask(`mutation {
      executeWorkflow(workflowId: "support-triage", inputs: { subject: "Invoice" }) {
        message run { status inputs endedAt steps { id } }
      }
    }`);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      executeWorkflow: {
        message: 'Workflow execution started',
        run: { inputs: { subject: 'Invoice' }, endedAt: null, steps: expect.any(Array) },
      },
    });
    expect(await deviationsOf(gateway.url)).toEqual(ON_PURPOSE);
  });
});
