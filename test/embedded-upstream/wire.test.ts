import { beforeAll, describe, expect, it } from '@jest/globals';
import { startUpstream, type Upstream, type WireStep } from './harness.ts';

const MICROSECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;
const SPACED = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{6}\+00:00$/;

describe("the wire's quirks", () => {
  let upstream: Upstream;
  let steps: WireStep[];

  beforeAll(async () => {
    upstream = await startUpstream();
    steps = await upstream.steps('support-triage', 'run-4712');
  });

  it('tells a step with microseconds, no tokens, and who ran it', () => {
    for (const step of steps) {
      expect(step.start_time).toMatch(MICROSECONDS);
      expect(step.end_time).toMatch(MICROSECONDS);
      expect(step).toMatchObject({ tokens: 0, user_id: 'user-ada', organization_id: 'demo' });
    }
  });

  it('spells "no error" as null and as ""', () => {
    const spellings = new Set(steps.map(({ error }) => error));
    expect(spellings).toEqual(new Set([null, '']));
  });

  it('tells errors as plain text and as the text of JSON', async () => {
    const failed = (await upstream.steps('support-triage', 'run-4711')).filter(({ status }) => status === 'failed');
    expect(failed.map(({ error }) => error?.startsWith('{'))).toEqual([false, true]);
  });

  it('lists steps in no order of time', async () => {
    const listed = (await upstream.get('/workflows/support-triage/runs/run-4711/steps')) as WireStep[];
    const starts = listed.map(({ start_time: time }) => time);
    expect(starts).not.toEqual([...starts].sort());
  });

  it('gives a model node a chat completion with usage, and tells what it was asked', () => {
    const draft = steps.find(({ node_id: id }) => id === 'draft_reply');
    expect(draft?.outputs).toMatchObject({
      object: 'chat.completion',
      model: 'virtuoso-large',
      choices: [{ message: { role: 'assistant', tool_calls: null }, finish_reason: 'stop' }],
    });
    const { usage } = draft?.outputs as { usage: Record<string, number> };
    expect(usage.total_tokens).toBe((usage.prompt_tokens ?? 0) + (usage.completion_tokens ?? 0));
    expect(draft?.inputs).toMatchObject({
      model: 'virtuoso-large',
      messages: [{ role: 'system' }, { role: 'user' }],
      temperature: 0.4,
      max_tokens: 800,
      run_id: 'run-4712',
      input_data: { ticket_id: 'T-4711' },
    });
  });

  it('tells cached and reasoning tokens of some completions', async () => {
    const usages: { prompt_tokens_details: unknown; completion_tokens_details?: unknown }[] = [];
    for (const { id } of await upstream.runs('research-agent')) {
      for (const { outputs } of await upstream.steps('research-agent', id)) {
        const usage = (outputs as { usage?: (typeof usages)[number] } | null)?.usage;
        if (usage) usages.push(usage);
      }
    }
    expect(usages).toContainEqual(
      expect.objectContaining({ prompt_tokens_details: { cached_tokens: expect.any(Number) } }),
    );
    expect(usages).toContainEqual(
      expect.objectContaining({ completion_tokens_details: { reasoning_tokens: expect.any(Number) } }),
    );
  });

  it('tells the outputs of a run as a string or as an object', async () => {
    const [answer] = (await upstream.runs('quick-answer')).filter(({ status }) => status === 'completed');
    expect(typeof answer?.outputs).toBe('string');
    expect(answer?.all_outputs).toEqual({ model: answer?.outputs });
    expect(typeof (await upstream.run('support-triage', 'run-4712')).outputs).toBe('object');
  });

  it('has a retrieval step whose outputs are some 200 KB', async () => {
    const step = (await upstream.steps('document-ingest', 'run-2090')).find(
      ({ node_id: id }) => id === 'find_neighbours',
    );
    const bytes = JSON.stringify(step?.outputs).length;
    expect(bytes).toBeGreaterThan(190_000);
    expect(bytes).toBeLessThan(260_000);
  });

  it('tells each workflow with its graph, its layout as text, and the odd timestamps', async () => {
    for (const workflow of await upstream.workflows()) {
      expect(workflow.created_at).toMatch(SPACED);
      expect(workflow.updated_at).toMatch(SPACED);
      const { nodes, edges, entry_point: entry, finish_point: finish, node_metadata: layout } = workflow.graph;
      expect(edges).toContainEqual(['START', entry]);
      expect(edges).toContainEqual([finish, 'END']);
      const ends = new Set(['START', 'END', ...Object.keys(nodes)]);
      expect(edges.flat().filter((id) => !ends.has(id))).toEqual([]);
      expect(Object.keys(JSON.parse(layout) as object)).toEqual(Object.keys(nodes));
    }
    expect((await upstream.workflows())[0]).toMatchObject({
      workflow_id: 'support-triage',
      name: 'Support triage',
      status: 'active',
      version: '1.8.2',
      public: false,
      user_id: 'user-ada',
      file_metadata: { bucket: 'workflow-definitions' },
      created_at: '2025-03-12 00:59:55.465508+00:00',
      graph: { settings: { support_multiple_edges: true }, selectedOutput: 'send_reply' },
    });
  });
});
