import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway } from '../harness/gateway.ts';
import { wireStep } from '../harness/wire.ts';

describe('the file of prices', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'prices-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function write(content: unknown): string {
    const path = join(folder, 'prices.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  it("is read in LiteLLM's format, past all that is no price for a token", async () => {
    const path = write(
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
    const upstream = await startFaultyUpstream(() => ({ json: steps }));
    const gateway = await startGateway({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps', TOKEN_PRICES: path });
    const { data } = await gateway.query('{ run(workflowId: "wf", id: "r1") { steps { estimatedCost { amount } } } }');
    const amounts = [0.00102, 0.40002, 1.20002, 1, null];
    expect(data).toEqual({ run: { steps: amounts.map((amount) => ({ estimatedCost: { amount } })) } });
    await gateway.close();
    await upstream.close();
  });

  const expected = 'expected US dollars a token, a number from 0 to 0.1';
  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'expected JSON, got something else'],
    ['a list', [], 'expected {"<model>": {"input_cost_per_token": …}, …}, got something else'],
    ['nothing', {}, 'expected at least one model with input_cost_per_token or output_cost_per_token, got none'],
    ['no price for a token', { m: { output_cost_per_image: 1 } }, 'expected at least one model'],
    ['a model that is no object', { m: 7 }, '"m": expected an object, got 7'],
    ['a price as text', { m: { input_cost_per_token: '4e-7' } }, `"m": input_cost_per_token: ${expected}, got "4e-7"`],
    ['a price below 0', { m: { output_cost_per_token: -1 } }, `"m": output_cost_per_token: ${expected}, got -1`],
    ['a price for a million', { m: { input_cost_per_token: 0.4 } }, `"m": input_cost_per_token: ${expected}, got 0.4`],
    ['a price beyond any number', '{"m":{"input_cost_per_token":1e400}}', `"m": input_cost_per_token: ${expected}`],
    [
      'a bad price of a long input',
      { m: { input_cost_per_token: 0, input_cost_per_token_above_200k_tokens: [] } },
      `"m": input_cost_per_token_above_200k_tokens: ${expected}, got []`,
    ],
    ['a long name', { ['m'.repeat(5000)]: 7 }, `"${'m'.repeat(99)}…: expected an object, got 7`],
    ['more than 8 MiB', ' '.repeat(8 * 2 ** 20 + 1), "it can't be read: expected at most 8388608 bytes, got 8388609"],
  ])('of %s stops the start, and says what is wrong', async (_, content, problem) => {
    const path = write(content);
    const starting = startGateway({ TOKEN_PRICES: path });
    await expect(starting).rejects.toThrow(`TOKEN_PRICES: ${path}: ${problem}`);
    await expect(starting).rejects.toThrow(/Correct the file \(.*\), or leave TOKEN_PRICES unset\.$/);
  });

  it('that is not there, or no file, stops the start', async () => {
    await expect(startGateway({ TOKEN_PRICES: join(folder, 'none.json') })).rejects.toThrow("it can't be read: ENOENT");
    await expect(startGateway({ TOKEN_PRICES: folder })).rejects.toThrow("it can't be read: EISDIR");
  });
});
