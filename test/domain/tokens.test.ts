import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { billedTokens, stepTokenUsage } from '../../src/domain/run/tokens.ts';
import type { JsonValue } from '../../src/domain/types.ts';
import { ran, runOf, stepFacts } from '../support/facts.ts';

const NOTHING = {
  inputTokens: null,
  outputTokens: null,
  totalTokens: null,
  cachedInputTokens: null,
  reasoningTokens: null,
};
const usageOf = (outputs: JsonValue, tokens: number | null = 0) => stepTokenUsage(stepFacts({ outputs, tokens }));

describe('the token usage of a step', () => {
  it('reads the words of chat completions', () => {
    const usage = {
      prompt_tokens: 120,
      completion_tokens: 30,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 100 },
      completion_tokens_details: { reasoning_tokens: 20 },
    };
    expect(usageOf({ model: 'auto', usage })).toEqual({
      inputTokens: 120,
      outputTokens: 30,
      totalTokens: 150,
      cachedInputTokens: 100,
      reasoningTokens: 20,
      model: 'auto',
      source: 'OUTPUTS',
    });
  });

  it.each<[string, readonly JsonValue[], object]>([
    [
      'chat',
      [
        { model: 'm', choices: [{ delta: { content: 'a' } }], usage: null },
        { model: 'm', choices: [{ delta: { content: 'b' } }], usage: { prompt_tokens: 30, completion_tokens: 1 } },
        { model: 'm', choices: [], usage: { prompt_tokens: 30, completion_tokens: 8, total_tokens: 38 } },
      ],
      { inputTokens: 30, outputTokens: 8, totalTokens: 38, cachedInputTokens: null },
    ],
    [
      'responses',
      [
        { type: 'response.created', response: { model: 'm', output: [], usage: null } },
        {
          type: 'response.completed',
          response: { model: 'm', output: [], usage: { input_tokens: 30, total_tokens: 38 } },
        },
      ],
      { inputTokens: 30, outputTokens: null, totalTokens: 38, cachedInputTokens: null },
    ],
    [
      'Anthropic',
      [
        {
          type: 'message_start',
          message: { model: 'm', usage: { input_tokens: 30, cache_read_input_tokens: 70, output_tokens: 1 } },
        },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 8 } },
      ],
      { inputTokens: 100, outputTokens: 8, totalTokens: 108, cachedInputTokens: 70 },
    ],
  ])('reads the stored events of a stream of %s', (_, events, counts) => {
    const expected = { ...counts, model: 'm', source: 'OUTPUTS' };
    const lines = events.map((event) => `event: e\ndata: ${JSON.stringify(event)}\n\n`).join('');
    for (const outputs of [events, { chunks: events }, lines]) expect(usageOf(outputs)).toMatchObject(expected);
    expect(usageOf({ events, usage: { total_tokens: 5 } })).toMatchObject({ totalTokens: 5, model: null });
    expect(billedTokens(stepFacts({ outputs: events, tokens: 0 }))?.model).toBe('m');
  });

  it('does not take a list of answers for a stream', () => {
    expect(usageOf([{ choices: [{ message: {} }], usage: { total_tokens: 5 } }])).toBeNull();
  });

  it('reads the other words, and sums where no total is told, never adding the parts of parts', () => {
    const usage = {
      input_tokens: 7,
      output_tokens: 3,
      input_tokens_details: { cached_tokens: 5 },
      output_tokens_details: { reasoning_tokens: 2 },
    };
    expect(usageOf({ usage })).toEqual({
      inputTokens: 7,
      outputTokens: 3,
      totalTokens: 10,
      cachedInputTokens: 5,
      reasoningTokens: 2,
      model: null,
      source: 'OUTPUTS',
    });
    expect(usageOf({ usage: { input_tokens: 7 } })?.totalTokens).toBe(7);
  });

  it('counts what Anthropic tells beside its input, and once where a service tells all in one', () => {
    const cache = { cache_read_input_tokens: 100, cache_creation_input_tokens: 20 };
    const details = { output_tokens_details: { thinking_tokens: 2 } };
    const expected = { inputTokens: 127, outputTokens: 3, totalTokens: 130, cachedInputTokens: 100 };
    expect(usageOf({ usage: { input_tokens: 7, output_tokens: 3, ...cache, ...details } })).toMatchObject({
      ...expected,
      reasoningTokens: 2,
    });
    expect(usageOf({ usage: { prompt_tokens: 127, completion_tokens: 3, ...cache } })).toMatchObject(expected);
    expect(usageOf({ usage: { input_tokens: 127, output_tokens: 3, total_tokens: 130, ...cache } })).toMatchObject(
      expected,
    );
    expect(
      usageOf({ usage: { input_tokens: 127, output_tokens: 3, input_tokens_details: {}, ...cache } }),
    ).toMatchObject(expected);
  });

  it('takes the total of the upstream once it counts', () => {
    const outputs = { model: 'm', usage: { prompt_tokens: 8, total_tokens: 9 } };
    expect(usageOf(outputs, 12)).toMatchObject({ totalTokens: 12, inputTokens: 8, model: 'm', source: 'UPSTREAM' });
    expect(usageOf(null, 12)).toEqual({ ...NOTHING, totalTokens: 12, model: null, source: 'UPSTREAM' });
  });

  it('tells 0 from unknown', () => {
    expect(usageOf({ usage: { total_tokens: 0 } })).toMatchObject({ totalTokens: 0, inputTokens: null });
  });

  it('ignores negative, broken and other numbers', () => {
    const usage = { prompt_tokens: -1, completion_tokens: 1.5, total_tokens: '9', input_tokens: 4 };
    expect(usageOf({ usage }, -3)).toMatchObject({ inputTokens: 4, outputTokens: null, totalTokens: 4 });
    expect(usageOf({ model: 7, usage: { total_tokens: 1 } })?.model).toBeNull();
  });

  it.each([[null], ['text'], [[]], [{}], [{ usage: {} }], [{ usage: null }], [{ model: 'm' }], [{ usage: [1] }]])(
    'is null for %j',
    (outputs) => {
      expect(usageOf(outputs)).toBeNull();
      expect(usageOf(outputs, null)).toBeNull();
    },
  );
});

describe('the token usage of a run', () => {
  const answer = (model: string | null, usage: JsonValue, word = 'completed') =>
    ran('a', 0, 1, word, { outputs: model === null ? { usage } : { model, usage } });

  it('sums what is known, of failed attempts too, model by model', () => {
    const { tokenUsage } = runOf([
      answer('small', { input_tokens: 1, output_tokens: 2 }),
      answer('big', { input_tokens: 10, output_tokens: 20, input_tokens_details: { cached_tokens: 5 } }, 'failed'),
      answer('small', { total_tokens: 4 }),
      answer(null, { total_tokens: 7 }),
      answer('even', { total_tokens: 7 }),
      ran('code', 0, 1),
    ]);
    expect(tokenUsage).toEqual({
      ...NOTHING,
      inputTokens: 11,
      outputTokens: 22,
      totalTokens: 51,
      cachedInputTokens: 5,
      stepsReporting: 5,
      byModel: [
        {
          ...NOTHING,
          model: 'big',
          inputTokens: 10,
          outputTokens: 20,
          totalTokens: 30,
          cachedInputTokens: 5,
          stepsReporting: 1,
        },
        { ...NOTHING, model: 'even', totalTokens: 7, stepsReporting: 1 },
        { ...NOTHING, model: 'small', inputTokens: 1, outputTokens: 2, totalTokens: 7, stepsReporting: 2 },
        { ...NOTHING, model: null, totalTokens: 7, stepsReporting: 1 },
      ],
    });
  });

  it('lists models by total, then by name, unknown ones last, in whatever order the steps are', () => {
    const used = fc.record({ model: fc.constantFrom(null, 'a', 'b', 'c'), total: fc.constantFrom(null, 0, 1, 2) });
    const usageOfTotal = (total: number | null) =>
      total === null ? { prompt_tokens_details: { cached_tokens: 1 } } : { total_tokens: total };
    fc.assert(
      fc.property(fc.array(used, { maxLength: 8 }), (all) => {
        const { byModel } = runOf(all.map(({ model, total }) => answer(model, usageOfTotal(total)))).tokenUsage;
        const keys = byModel.map(({ model, totalTokens }) => [
          -(totalTokens ?? -1),
          model === null ? 1 : 0,
          model ?? '',
        ]);
        expect(keys).toEqual(
          keys.toSorted(([a1, a2, a3], [b1, b2, b3]) =>
            a1 !== b1
              ? Number(a1) - Number(b1)
              : a2 !== b2
                ? Number(a2) - Number(b2)
                : String(a3) < String(b3)
                  ? -1
                  : 1,
          ),
        );
        expect(byModel.map(({ model }) => model).toSorted()).toEqual(
          [...new Set(all.map(({ model }) => model))].toSorted(),
        );
      }),
    );
  });

  it('is exact beyond the range of an Int', () => {
    const { tokenUsage } = runOf([
      answer('m', { total_tokens: 2_000_000_000 }),
      answer('m', { total_tokens: 2_000_000_001 }),
      answer('n', { total_tokens: 4_000_000_001 }),
    ]);
    expect(tokenUsage.totalTokens).toBe(8_000_000_002);
  });

  it('is unknown, not 0, where no step reports any', () => {
    expect(runOf([ran('a', 0, 1)]).tokenUsage).toEqual({ ...NOTHING, stepsReporting: 0, byModel: [] });
  });
});
