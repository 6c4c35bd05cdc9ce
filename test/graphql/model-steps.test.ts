import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ANTHROPIC, CHAT, RESPONSES, STREAMS } from '../domain/conversation/shapes.ts';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { subscribe } from '../harness/live-client.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';

const CONVERSATION = `conversation {
  model finishReason omittedMessages
  messages { index role content isOutput isRefusal isTruncated toolCallId toolCalls { id name arguments } }
}`;
const COST = 'estimatedCost { amount currency stepsPriced stepsUnpriced }';
const queryOf = (ofSteps: string, ofRun = '') =>
  `{ run(workflowId: "wf", id: "r1") { ${ofRun} steps { id ${ofSteps} } } }`;

interface Answered {
  readonly run: { readonly steps: readonly Record<string, unknown>[]; readonly estimatedCost?: unknown };
}

describe('the steps of models', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let steps: readonly Wire[];
  let number = 0;
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'prices-'));
    const price = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 };
    const sonnet = { ...price, cache_read_input_token_cost: 1e-7 };
    const prices = { 'gpt-4.1-mini-2025-04-14': price, 'claude-sonnet-4-5-20250929': sonnet };
    writeFileSync(join(folder, 'prices.json'), JSON.stringify(prices));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const start = (environment: Readonly<Record<string, string>> = {}) => {
    const { now, after } = createManualClock();
    const variables = { UPSTREAM_URL: upstream.url, TOKEN_PRICES: join(folder, 'prices.json'), ...environment };
    return startGateway(variables, { now, after });
  };

  beforeEach(async () => {
    upstream = await startFaultyUpstream(({ endpoint }) => {
      if (endpoint === 'run') return { json: [wireRun('r1')] };
      return endpoint === 'steps' ? { json: steps } : { status: 404 };
    });
    gateway = await start();
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** With another key each time: from the first on the document is known and compiled, and nothing else is cached. */
  const ask = (text: string) => gateway.query(text, { key: `key-${(number += 1)}` });

  it('have the same conversation each time, whichever shape it came in', async () => {
    const shapes = [CHAT, RESPONSES, ANTHROPIC, { inputs: null, outputs: STREAMS.chat }];
    steps = shapes.map((shape, at) => wireStep({ id: `s${at}`, ...shape }));
    const first = await ask(queryOf(CONVERSATION));
    expect(first.errors).toEqual([]);
    const { run } = first.data as unknown as Answered;
    expect(run.steps.map(({ conversation }) => conversation)).toMatchObject([
      { model: 'gpt-4.1-mini-2025-04-14', finishReason: 'stop', messages: { length: 5 } },
      { model: 'gpt-5-mini-2025-08-07', finishReason: 'completed', messages: { length: 5 } },
      { model: 'claude-sonnet-4-5-20250929', finishReason: 'end_turn', messages: { length: 6 } },
      { model: 'gpt-4.1-mini', finishReason: 'tool_calls', messages: { length: 1 } },
    ]);
    for (let time = 0; time < 3; time += 1) expect((await ask(queryOf(CONVERSATION))).data).toEqual(first.data);
    // Once more for one key: from the cache of answers.
    const again = () => gateway.query(queryOf(CONVERSATION));
    expect([(await again()).data, (await again()).data, (await again()).data]).toEqual(Array(3).fill(first.data));
  });

  it('have an error in place of a conversation that can’t be read, and nothing else has', async () => {
    upstream.script = ({ endpoint }) => {
      const deep = `${'['.repeat(300)}${']'.repeat(300)}`;
      const text = JSON.stringify([wireStep({ id: 's1', outputs: 'DEEP' }), wireStep({ id: 's2' })]);
      if (endpoint === 'steps') return { raw: text.replace('"DEEP"', deep) };
      return { json: [wireRun('r1')] };
    };
    for (let time = 0; time < 3; time += 1) {
      const { data, errors } = await ask(queryOf('a: conversation { model } b: conversation { model } status'));
      expect(data).toMatchObject({
        run: {
          steps: [
            { a: null, b: null, status: 'COMPLETED' },
            { a: { model: 'virtuoso-large' }, b: { model: 'virtuoso-large' } },
          ],
        },
      });
      expect(errors).toMatchObject(
        ['a', 'b'].map((alias) => ({
          message: 'outputs: nested deeper than 200 levels',
          path: ['run', 'steps', 0, alias],
          extensions: { code: 'UPSTREAM_CONTRACT_VIOLATION' },
        })),
      );
    }
  });

  it('count the messages of their conversations among the objects of an answer', async () => {
    const messages = Array.from({ length: 1000 }, () => ({ role: 'user', content: 'Hi' }));
    steps = Array.from({ length: 10 }, (_, at) => wireStep({ id: `s${at}`, inputs: { messages }, outputs: null }));
    await gateway.close();
    gateway = await start({ MAX_OPERATION_OBJECTS: '1000' });
    for (let time = 0; time < 3; time += 1) {
      const { errors } = await ask(queryOf('conversation { messages { content } }'));
      // Four lists of 200 fit beside the steps.
      expect(errors).toHaveLength(6);
      expect(errors[0]).toMatchObject({ extensions: { code: 'ANSWER_TOO_LARGE' } });
    }
  });

  it('cost what the file of prices says, each time, and a run is their sum', async () => {
    const shapes = [CHAT, RESPONSES, ANTHROPIC, { inputs: null, outputs: {} }];
    steps = shapes.map((shape, at) => wireStep({ id: `s${at}`, ...shape }));
    const priced = (amount: number) => ({ amount, currency: 'USD', stepsPriced: 1, stepsUnpriced: 0 });
    for (let time = 0; time < 4; time += 1) {
      const { data, errors } = await ask(queryOf(COST, COST));
      expect(errors).toEqual([]);
      const { run } = data as unknown as Answered;
      expect(run.steps.map(({ estimatedCost }) => estimatedCost)).toEqual([
        // 30 × 1 + 8 × 2, in millionths.
        priced(0.000046),
        { amount: null, currency: 'USD', stepsPriced: 0, stepsUnpriced: 1 },
        // 30 × 1 + 100 × 0.1 + 8 × 2
        priced(0.000056),
        null,
      ]);
      expect(run.estimatedCost).toEqual({ amount: 0.000102, currency: 'USD', stepsPriced: 2, stepsUnpriced: 1 });
    }
  });

  it('have a cost that is null and not 0 where the file has a price for none of their models', async () => {
    steps = ['s1', 's2'].map((id) => wireStep({ id, ...RESPONSES }));
    const { data, errors } = await ask(queryOf('id', COST));
    expect(errors).toEqual([]);
    const estimatedCost = { amount: null, currency: 'USD', stepsPriced: 0, stepsUnpriced: 2 };
    expect(data).toMatchObject({ run: { estimatedCost } });
  });

  it('cost nothing that is known where no prices are configured', async () => {
    steps = [wireStep(CHAT as unknown as Wire)];
    await gateway.close();
    gateway = await start({ TOKEN_PRICES: '' });
    for (let time = 0; time < 3; time += 1) {
      const { data, errors } = await ask(queryOf(COST, COST));
      expect(errors).toEqual([]);
      expect(data).toEqual({ run: { estimatedCost: null, steps: [{ id: 'step-1', estimatedCost: null }] } });
    }
  });

  it('cost no call of their own, and a run its steps', async () => {
    steps = [wireStep(CHAT as unknown as Wire)];
    await gateway.query('{ run(workflowId: "wf", id: "r1") { estimatedCost { amount } } }');
    expect([upstream.count('run'), upstream.count('steps'), upstream.calls.length]).toEqual([1, 1, 2]);
  });

  it('are in events, too', async () => {
    steps = [wireStep(CHAT as unknown as Wire)];
    for (const transport of ['graphql-ws', 'graphql-sse'] as const) {
      const text = `subscription { runUpdated(workflowId: "wf", id: "r1") { ${COST} steps { ${CONVERSATION} } } }`;
      const client = await subscribe(transport, gateway.url, text);
      const frame = await client.next();
      expect(frame).toMatchObject({
        type: 'next',
        payload: {
          data: {
            runUpdated: { estimatedCost: { stepsPriced: 1 }, steps: [{ conversation: { finishReason: 'stop' } }] },
          },
        },
      });
      client.cut();
    }
  });
});

describe('the sample models', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway({ TOKEN_PRICES: 'examples/prices.json' });
  });
  afterAll(() => gateway.close());

  it('speak in the three shapes, and have prices', async () => {
    const { data, errors } = await gateway.query(
      `{ workflow(id: "research-agent") { runs(first: 20) { nodes {
        ${COST}
        steps(filter: { nodeId: ["plan", "synthesize", "revise"] }) { nodeId ${COST} ${CONVERSATION} }
      } } } }`,
      { key: 'demo-key' },
    );
    expect(errors).toEqual([]);
    const runs = (data as { workflow: { runs: { nodes: { steps: Record<string, unknown>[] }[] } } }).workflow.runs
      .nodes;
    const all = runs.flatMap(({ steps }) => steps);
    const finishReasons = (nodeId: string) =>
      new Set(
        all
          .filter((step) => step.nodeId === nodeId)
          .map(({ conversation }) => (conversation as { finishReason: string | null } | null)?.finishReason),
      );
    expect([...finishReasons('plan')]).toContain('stop');
    expect([...finishReasons('synthesize')].sort()).toEqual(expect.arrayContaining(['end_turn', 'refusal']));
    expect([...finishReasons('revise')]).toContain('completed');
    const answered = all.find(
      ({ nodeId, estimatedCost }) =>
        nodeId === 'synthesize' && (estimatedCost as { stepsPriced: number } | null)?.stepsPriced === 1,
    );
    expect(answered).toMatchObject({
      conversation: {
        model: 'claude-sonnet-4-5',
        messages: [
          { role: 'system' },
          { role: 'user' },
          { role: 'assistant', content: null, toolCalls: [{ name: 'open_page' }] },
          { role: 'tool', content: expect.stringContaining('Two thirds of the market') },
          { role: 'assistant', isOutput: true },
        ],
      },
    });
  });
});
