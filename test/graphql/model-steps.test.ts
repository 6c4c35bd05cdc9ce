import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ANTHROPIC, CHAT, RESPONSES, STREAMS } from '../domain/conversation/shapes.ts';
import { createManualClock } from '../harness/clock.ts';
import { SAMPLE, startGateway, TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { startUpstream } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep } from '../harness/wire.ts';
import { temporaryFiles } from './temporary-files.ts';

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

const { folder, write } = temporaryFiles();
let files = 0;
const writePrices = (content: unknown) => write(`${(files += 1)}.json`, content);
const PRICE = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 };
const SONNET = { ...PRICE, cache_read_input_token_cost: 1e-7 };

describe('steps that call models', () => {
  let steps: readonly Wire[];
  let number = 0;
  const prices = writePrices({ 'gpt-4.1-mini-2025-04-14': PRICE, 'claude-sonnet-4-5-20250929': SONNET });
  const gateway = perTest(
    new TestGateway({
      script: ({ endpoint }) => {
        if (endpoint === 'run') return { json: [wireRun('r1')] };
        return endpoint === 'steps' ? { json: steps } : { status: 404 };
      },
      env: { TOKEN_PRICES: prices },
      clock: createManualClock(),
    }),
  );
  const { upstream } = gateway;

  /** With a new key each time: the document is known and compiled, but no answer is cached. */
  const ask = (text: string) => gateway.query(text, { key: `key-${(number += 1)}` });

  it('have the same conversation each time, in any format', async () => {
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
    // With one key, from the cache of answers.
    const again = () => gateway.query(queryOf(CONVERSATION));
    expect([(await again()).data, (await again()).data, (await again()).data]).toEqual(Array(3).fill(first.data));
  });

  it("have an error only at a conversation that can't be read", async () => {
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

  it('count messages of conversations as objects of the response', async () => {
    const messages = Array.from({ length: 1000 }, () => ({ role: 'user', content: 'Hi' }));
    steps = Array.from({ length: 10 }, (_, at) => wireStep({ id: `s${at}`, inputs: { messages }, outputs: null }));
    await gateway.restart({ env: { MAX_OPERATION_OBJECTS: '1000' } });
    for (let time = 0; time < 3; time += 1) {
      const { errors } = await ask(queryOf('conversation { messages { content } }'));
      // With the steps, four lists of 200 messages fit.
      expect(errors).toHaveLength(6);
      expect(errors[0]).toMatchObject({ extensions: { code: 'ANSWER_TOO_LARGE' } });
    }
  });

  it('are priced by the price file, and summed in the run', async () => {
    const shapes = [CHAT, RESPONSES, ANTHROPIC, { inputs: null, outputs: {} }];
    steps = shapes.map((shape, at) => wireStep({ id: `s${at}`, ...shape }));
    const priced = (amount: number) => ({ amount, currency: 'USD', stepsPriced: 1, stepsUnpriced: 0 });
    for (let time = 0; time < 4; time += 1) {
      const { data, errors } = await ask(queryOf(COST, COST));
      expect(errors).toEqual([]);
      const { run } = data as unknown as Answered;
      expect(run.steps.map(({ estimatedCost }) => estimatedCost)).toEqual([
        // 30 × 1 + 8 × 2, in millionths of a dollar.
        priced(0.000046),
        { amount: null, currency: 'USD', stepsPriced: 0, stepsUnpriced: 1 },
        // 30 × 1 + 100 × 0.1 + 8 × 2
        priced(0.000056),
        null,
      ]);
      expect(run.estimatedCost).toEqual({ amount: 0.000102, currency: 'USD', stepsPriced: 2, stepsUnpriced: 1 });
    }
  });

  it('report the cost of retried failures as wasted', async () => {
    const at = (second: number) => `2025-03-13T02:41:0${second}Z`;
    const failed = { status: 'failed', error: 'overloaded', node_id: 'model' };
    steps = [
      wireStep({ id: 's1', ...CHAT, ...failed, start_time: at(0), end_time: at(1) }),
      wireStep({ id: 's2', ...CHAT, node_id: 'model', start_time: at(2), end_time: at(3) }),
      wireStep({ id: 's3', ...CHAT, ...failed, node_id: 'last', start_time: at(4), end_time: at(5) }),
    ];
    const fields = 'timing { wastedMs } wastedCost { amount stepsPriced } estimatedCost { stepsPriced }';
    for (let time = 0; time < 2; time += 1) {
      expect(await ask(queryOf('id', fields))).toMatchObject({
        data: {
          run: {
            ...{ timing: { wastedMs: 1000 }, wastedCost: { amount: 0.000046, stepsPriced: 1 } },
            estimatedCost: { stepsPriced: 3 },
          },
        },
      });
    }
  });
});

describe('the price file', () => {
  it('may have the LiteLLM format, ignoring other units', async () => {
    const path = writePrices(
      JSON.stringify({
        sample_spec: { input_cost_per_token: 'as LiteLLM describes it', output_cost_per_token: 0 },
        image: { output_cost_per_image: 0.04 },
        thinker: {
          ...{ input_cost_per_token: 1e-6, input_cost_per_token_batches: 'half', output_cost_per_token: 2e-6 },
          ...{ input_cost_per_token_above_128k_tokens: 2e-6, input_cost_per_token_above_256k_tokens: 4e-6 },
          ...{ input_cost_per_token_above_512k_tokens_priority: 8e-6, max_tokens: 'many' },
        },
        dearest: { input_cost_per_token: 0, output_cost_per_token: 0.1 },
      }).padEnd(8 * 2 ** 20),
    );
    const usages = [
      ['thinker', 1000],
      ['thinker', 200_000],
      ['thinker', 300_000],
      ['dearest', 5],
      ['image', 5],
    ] as const;
    const steps = usages.map(([model, tokens], index) =>
      wireStep({
        id: `s${index}`,
        inputs: null,
        outputs: { model, usage: { prompt_tokens: tokens, completion_tokens: 10 } },
      }),
    );
    const upstream = await startUpstream(() => ({ json: steps }));
    const gateway = await startGateway({ upstream, env: { UPSTREAM_ENDPOINTS: 'steps', TOKEN_PRICES: path } });
    const { data } = await gateway.query('{ run(workflowId: "wf", id: "r1") { steps { estimatedCost { amount } } } }');
    const amounts = [0.00102, 0.40002, 1.20002, 1, null];
    expect(data).toEqual({ run: { steps: amounts.map((amount) => ({ estimatedCost: { amount } })) } });
    await gateway.close();
    await upstream.close();
  });

  const expected = 'must be US dollars per token, a number from 0 to 0.1';
  it.each<[string, unknown, string]>([
    ['that is not JSON', '{', 'it must be JSON, got something else'],
    ['that is a list', [], 'it must be {"<model>": {"input_cost_per_token": …}, …}, got other JSON'],
    [
      'that is empty',
      {},
      'it must have at least one model with input_cost_per_token or output_cost_per_token, got none',
    ],
    ['without a price per token', { m: { output_cost_per_image: 1 } }, 'it must have at least one model'],
    ['with a model that is not an object', { m: 7 }, '"m" must be an object, got 7'],
    [
      'with a price as a string',
      { m: { input_cost_per_token: '4e-7' } },
      `"m": input_cost_per_token ${expected}, got "4e-7"`,
    ],
    ['with a negative price', { m: { output_cost_per_token: -1 } }, `"m": output_cost_per_token ${expected}, got -1`],
    [
      'with a price per million tokens',
      { m: { input_cost_per_token: 0.4 } },
      `"m": input_cost_per_token ${expected}, got 0.4`,
    ],
    ['with a price beyond any number', '{"m":{"input_cost_per_token":1e400}}', `"m": input_cost_per_token ${expected}`],
    [
      'with a wrong price of a long input',
      { m: { input_cost_per_token: 0, input_cost_per_token_above_200k_tokens: [] } },
      `"m": input_cost_per_token_above_200k_tokens ${expected}, got []`,
    ],
    ['with a long name', { ['m'.repeat(5000)]: 7 }, `"${'m'.repeat(99)}… must be an object, got 7`],
  ])('prevents the start with an error naming the problem: %s', async (_, content, problem) => {
    const path = writePrices(content);
    const starting = startGateway({ upstream: SAMPLE, env: { TOKEN_PRICES: path } });
    await expect(starting).rejects.toThrow(`TOKEN_PRICES: ${path}: ${problem}`);
    await expect(starting).rejects.toThrow(/Correct the file \(.*\), or leave TOKEN_PRICES unset\.$/);
  });

  it('prevents the start if it is missing or a directory', async () => {
    await expect(startGateway({ upstream: SAMPLE, env: { TOKEN_PRICES: join(folder, 'none.json') } })).rejects.toThrow(
      'it cannot be read: ENOENT',
    );
    await expect(startGateway({ upstream: SAMPLE, env: { TOKEN_PRICES: folder } })).rejects.toThrow(
      'it cannot be read: EISDIR',
    );
  });
});
