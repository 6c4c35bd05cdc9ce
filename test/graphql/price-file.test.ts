import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readPriceFile } from '../../src/graphql/price-file.ts';
import { startGateway } from '../harness/gateway.ts';

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

  it("is read in LiteLLM's format", () => {
    const prices = readPriceFile('examples/prices.json');
    expect([...prices.keys()]).toEqual(['gpt-4.1-mini', 'gpt-5-mini', 'claude-sonnet-4-5']);
    expect(prices.get('claude-sonnet-4-5')).toEqual({
      prices: { input: 3e-6, cachedInput: 3e-7, cacheWrites: 3.75e-6, output: 1.5e-5, reasoning: null },
      longInput: [
        { aboveInputTokens: 200_000, prices: { input: 6e-6, cachedInput: 6e-7, cacheWrites: 7.5e-6, output: 2.25e-5 } },
      ],
    });
  });

  it('is read past what is no price for a token', () => {
    const path = write({
      sample_spec: { input_cost_per_token: 'as LiteLLM describes it', output_cost_per_token: 0 },
      image: { output_cost_per_image: 0.04 },
      thinker: {
        input_cost_per_token: 1e-6,
        input_cost_per_token_batches: 'half',
        output_cost_per_token: null,
        output_cost_per_reasoning_token: 3e-6,
        input_cost_per_token_above_128k_tokens: 2e-6,
        input_cost_per_token_above_256k_tokens: 4e-6,
        input_cost_per_token_above_512k_tokens_priority: 8e-6,
        cache_creation_input_token_cost_above_1hr: 6e-6,
        max_tokens: 'many',
      },
    });
    expect([...readPriceFile(path)]).toEqual([
      [
        'thinker',
        {
          prices: { input: 1e-6, cachedInput: null, cacheWrites: null, output: null, reasoning: 3e-6 },
          longInput: [
            { aboveInputTokens: 256_000, prices: { input: 4e-6 } },
            { aboveInputTokens: 128_000, prices: { input: 2e-6 } },
          ],
        },
      ],
    ]);
  });

  it('may have 8 MiB, and prices from 0 to 0.1', () => {
    const longest = '{"m":{"input_cost_per_token":0,"output_cost_per_token":0.1}}'.padEnd(8 * 2 ** 20);
    expect(readPriceFile(write(longest)).get('m')?.prices).toMatchObject({ input: 0, output: 0.1 });
  });

  it('may have models with a price for input or for output alone', () => {
    const path = write({ input: { input_cost_per_token: 1e-6 }, output: { output_cost_per_token: 1e-6 } });
    expect([...readPriceFile(path).keys()]).toEqual(['input', 'output']);
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
