import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '../../src/domain/types.ts';
import { StepTokens } from '../../src/domain/run/tokens.ts';
import { stepFacts } from './facts.ts';

const usageOf = (outputs: JsonValue) => stepFacts({ outputs }).reportedTokens.usage;

/** `test/reference` compares the sums of a run, and other words and shapes of usage. */
describe('the token usage of a step', () => {
  it.each<[string, readonly JsonValue[], object]>([
    [
      'chat completions',
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
        { type: 'response.completed', response: { model: 'm', usage: { input_tokens: 30, total_tokens: 38 } } },
      ],
      { inputTokens: 30, outputTokens: null, totalTokens: 38, cachedInputTokens: null },
    ],
    [
      'Anthropic messages',
      [
        { type: 'message_start', message: { model: 'm', usage: { input_tokens: 30, cache_read_input_tokens: 70 } } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 8 } },
      ],
      { inputTokens: 100, outputTokens: 8, totalTokens: 108, cachedInputTokens: 70 },
    ],
  ])('is read from the stored stream of %s', (_, events, counts) => {
    const lines = events.map((event) => `event: e\ndata: ${JSON.stringify(event)}\n\n`).join('');
    for (const outputs of [events, { chunks: events }, lines]) {
      expect(usageOf(outputs)).toMatchObject({ ...counts, model: 'm', source: 'OUTPUTS' });
    }
    expect(usageOf({ events, usage: { total_tokens: 5 } })).toMatchObject({ totalTokens: 5, model: null });
    expect(usageOf(events)?.billedModel).toBe('m');
  });

  it('takes linear time for a stream with counts per event', () => {
    const events = Array.from({ length: 60_000 }, (_, index) => ({
      type: 'message_delta',
      usage: { [`count ${index}`]: index, output_tokens: index },
    }));
    expect(usageOf(events)).toMatchObject({ outputTokens: 59_999, source: 'OUTPUTS' });
  });

  it('has a model name of at most 256 characters', () => {
    const usage = { total_tokens: 5 };
    expect(usageOf({ model: 'm'.repeat(300), usage })?.model).toBe('m'.repeat(256));
    expect(usageOf({ model: '', usage })?.model).toBeNull();
  });

  it('is not read from a list of responses', () => {
    expect(usageOf([{ choices: [{ message: {} }], usage: { total_tokens: 5 } }])).toBeNull();
  });

  it('is interpreted when first read, unless too large to keep', () => {
    const details = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`d${index}`, 1]));
    for (const [more, total] of [
      [{}, 7],
      [{ details }, 3],
      [{ text: 'x'.repeat(101) }, 3],
    ] as const) {
      const usage: Record<string, JsonValue> = { total_tokens: 3, ...more };
      const tokens = new StepTokens(0, { inputs: null, outputs: { usage, text: 'of the answer' } });
      usage.total_tokens = 7;
      expect(tokens.usage?.totalTokens).toBe(total);
      usage.total_tokens = 9;
      expect(tokens.usage?.totalTokens).toBe(total);
    }
  });
});
