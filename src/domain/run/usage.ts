/** Parses the `usage` of any vendor's response. Other counts include cached and reasoning tokens. */
import { isCount } from '../int.ts';
import { fieldOf, isJsonObject } from '../json.ts';
import type { JsonValue, ReportedTokens } from '../types.ts';

export const countOf = (value: JsonValue | undefined): number | null => (isCount(value) ? value : null);

/** Adds the counts. Nulls count as 0, unless all are null. */
export const sumOfKnown = (counts: readonly (number | null)[]): number | null =>
  counts.reduce((sum, count) => (count === null ? sum : (sum ?? 0) + count), null);

export function readUsage(usage: JsonValue | undefined, model: string | null): ReportedTokens {
  const details = (key: string) => fieldOf(usage, `${key}_tokens_details`);
  const [prompt, input, completion, output] = ['prompt', 'input', 'completion', 'output'].map(details);
  const sentInput = countIn(usage, 'prompt_tokens') ?? countIn(usage, 'input_tokens');
  const cacheReads = countIn(usage, 'cache_read_input_tokens');
  const cacheCreation = countIn(usage, 'cache_creation_input_tokens');
  const sentTotal = countIn(usage, 'total_tokens');
  const inputTokens = isBesideCache(usage) ? sumOfKnown([sentInput, cacheReads, cacheCreation]) : sentInput;
  const outputTokens = countIn(usage, 'completion_tokens') ?? countIn(usage, 'output_tokens');
  return {
    model,
    inputTokens,
    outputTokens,
    totalTokens: sentTotal ?? sumOfKnown([inputTokens, outputTokens]),
    cachedInputTokens: countIn(prompt, 'cached_tokens') ?? countIn(input, 'cached_tokens') ?? cacheReads,
    reasoningTokens:
      countIn(completion, 'reasoning_tokens') ??
      countIn(output, 'reasoning_tokens') ??
      countIn(output, 'thinking_tokens'),
    cacheWrites: countIn(prompt, 'cache_write_tokens') ?? countIn(input, 'cache_write_tokens') ?? cacheCreation,
    sentTotal,
  };
}

const countIn = (value: JsonValue | undefined, key: string): number | null => countOf(fieldOf(value, key));

/**
 * Anthropic's `input_tokens` exclude the cache. `total_tokens` or details indicate OpenAI's format, which includes it.
 */
const isBesideCache = (usage: JsonValue | undefined): boolean =>
  countIn(usage, 'prompt_tokens') === null &&
  countIn(usage, 'input_tokens') !== null &&
  countIn(usage, 'total_tokens') === null &&
  !isJsonObject(fieldOf(usage, 'input_tokens_details'));

/** Counts by price, or null unless input and output are known (or computable from the total) and exact (below 2^53). */
export function billedCounts(usage: ReportedTokens) {
  const { sentTotal, cacheWrites } = usage;
  const input = usage.inputTokens ?? rest(sentTotal, usage.outputTokens);
  const output = usage.outputTokens ?? rest(sentTotal, usage.inputTokens);
  if (!isExact(input) || !isExact(output)) return null;
  const cachedInput = Math.min(input, usage.cachedInputTokens ?? 0);
  return {
    input,
    cachedInput,
    cacheWrites: Math.min(input - cachedInput, cacheWrites ?? 0),
    output,
    reasoning: Math.min(output, usage.reasoningTokens ?? 0),
  };
}

const isExact = (count: number | null): count is number => Number.isSafeInteger(count);

const rest = (total: number | null, part: number | null): number | null =>
  total === null || part === null || total < part ? null : total - part;
