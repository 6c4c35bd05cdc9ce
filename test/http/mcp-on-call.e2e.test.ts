/** What somebody on call asks, answered by the official client as an agent would: ids come from results, never from elsewhere. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SAMPLE, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { connectMcp, type McpClient, type ToolAnswer } from '../peers/mcp-client.ts';

const MAX_CALLS = 3;
const MAX_BYTES = 4096;

/** The value at a dotted path of a result: `failureGroups.nodes.0.runs.0`. */
function at(answer: ToolAnswer, path: string): unknown {
  const start = (answer.content as { readonly data?: unknown }).data;
  return path.split('.').reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>>)[name], start);
}

/** The ids of a run, among its other members. */
function runAt(answer: ToolAnswer, path: string) {
  const { workflowId, runId } = at(answer, path) as Readonly<Record<string, unknown>>;
  return { workflowId, runId };
}

describe('on call with MCP', () => {
  const gateway = perBlock(new TestGateway({ upstream: SAMPLE, isShowcase: true }));
  let client: McpClient;
  beforeAll(async () => {
    client = await connectMcp('@modelcontextprotocol/client 2', gateway.url, 'demo-key');
    // From now on the client checks each result against the schema of its tool.
    await client.tools();
  });
  afterAll(() => client.close());

  /** Calls tools for one question. */
  function asked() {
    let calls = 0;
    return async (name: string, given: Readonly<Record<string, unknown>> = {}): Promise<ToolAnswer> => {
      calls += 1;
      expect(calls).toBeLessThanOrEqual(MAX_CALLS);
      const answer = await client.call(name, given);
      expect({ name, isError: answer.isError }).toEqual({ name, isError: false });
      expect(answer.content).not.toHaveProperty('errors');
      expect(Buffer.byteLength(JSON.stringify(answer.content))).toBeLessThan(MAX_BYTES);
      expect(Buffer.byteLength(answer.text)).toBeLessThan(MAX_BYTES);
      return answer;
    };
  }

  const NEWEST = 'failureGroups.nodes.0';

  it('shows what is failing, and whether it is new', async () => {
    const failing = await asked()('what_is_failing');
    expect(at(failing, NEWEST)).toMatchObject({
      workflow: { workflowId: 'support-triage' },
      count: 8,
      state: 'NEW',
      affectedRate: 0.36,
    });
  });

  it('shows which workflows fail', async () => {
    const listed = await asked()('list_workflows');
    const nodes = at(listed, 'workflows.nodes') as readonly { readonly name: string }[];
    expect(nodes.find(({ name }) => name === 'Support triage')).toMatchObject({
      latestRun: { nodes: [{ status: expect.stringMatching(/COMPLETED|FAILED/) }] },
      latestRuns: { runCount: 20, failedCount: expect.any(Number) },
    });
  });

  it('explains why a run failed', async () => {
    const ask = asked();
    const run = runAt(await ask('what_is_failing'), `${NEWEST}.runs.0`);
    expect((await ask('diagnose_run', run)).text).toContain('has no field "reply"');
  });

  it('shows what changed', async () => {
    const ask = asked();
    const workflowId = at(await ask('what_is_failing'), `${NEWEST}.workflow.workflowId`);
    const changed = await ask('what_changed', { workflowId });
    expect(at(changed, 'workflow.changePoints.nodes.0')).toMatchObject({ kind: 'PROMPT', nodeId: 'draft_reply' });
  });

  it('finds runs that failed the same way', async () => {
    const ask = asked();
    const run = runAt(await ask('what_is_failing'), `${NEWEST}.runs.0`);
    const diagnosed = await ask('diagnose_run', run);
    const runs = at(diagnosed, 'run.diagnosis.group.runs') as readonly { readonly runId: string }[];
    expect(runs).toHaveLength(8);
    // Some clients show only the text to their model.
    for (const { runId } of runs) expect(diagnosed.text).toContain(runId);
  });

  it('shows what failed runs have in common', async () => {
    const failing = await asked()('what_is_failing');
    expect(at(failing, `${NEWEST}.commonInputs.nodes.0`)).toMatchObject({ path: 'language', value: 'de' });
  });

  it('finds runs with the same input', async () => {
    const ask = asked();
    const { path, test, value } = at(await ask('what_is_failing'), `${NEWEST}.commonInputs.nodes.0`) as never;
    const found = await ask('search_runs', { inputs: [{ path, test, value }] });
    expect(at(found, 'recentRuns.edges')).toHaveLength(9);
    expect(at(found, 'recentRuns.pageInfo')).toEqual({ hasNextPage: false });
  });

  it('shows whether a run is stuck', async () => {
    const overdue = await asked()('overdue_runs');
    expect(at(overdue, 'overdueRuns.0')).toMatchObject({ status: 'RUNNING', running: [{ nodeId: 'embed' }] });
  });

  it('shows the cost of a run and where its time went', async () => {
    const ask = asked();
    const run = runAt(await ask('what_is_failing'), `${NEWEST}.runs.0`);
    expect(at(await ask('run_state', run), 'run')).toMatchObject({
      estimatedCost: { amount: expect.any(Number), currency: 'USD' },
      timeline: expect.arrayContaining([expect.objectContaining({ nodeId: 'draft_reply', status: 'FAILED' })]),
    });
  });

  it('shows the cost of a workflow', async () => {
    const ask = asked();
    const workflowId = at(await ask('list_workflows', { search: 'triage' }), 'workflows.nodes.0.workflowId');
    const cost = await ask('what_does_it_cost', { workflowId });
    expect(at(cost, 'workflow.total.0.usage.estimatedCost')).toMatchObject({ currency: 'USD', stepsUnpriced: 0 });
  });

  it('finds which run handled a ticket, and what its model answered', async () => {
    const ask = asked();
    const run = runAt(await ask('search_runs', { search: 'T-4711' }), 'recentRuns.edges.0.run');
    const timeline = at(await ask('run_state', run), 'run.timeline') as readonly { readonly nodeId: string }[];
    const nodeIds = timeline.map(({ nodeId }) => nodeId).filter((nodeId) => nodeId === 'sentiment');
    const read = await ask('read_payload', { ...run, nodeIds, path: 'choices[0].message.content' });
    expect(at(read, 'run.steps.0.outputs')).toMatch(/^-0\.\d$/);
  });

  it('shows which step waits, and for what', async () => {
    const ask = asked();
    const run = runAt(await ask('search_runs', { status: ['WAITING'] }), 'recentRuns.edges.0.run');
    expect(at(await ask('run_state', run), 'run.waiting.0')).toMatchObject({
      nodeId: expect.any(String),
      waitingFor: { message: expect.any(String) },
    });
  });
});
