/** The `usage` of a model's answer, in the words of each vendor. Cached and reasoning tokens are parts of the other counts. */
import { isCount } from '../int.ts';
import { fieldOf, isJsonObject } from '../json.ts';
import type { BilledCounts, JsonValue, TokenCounts } from '../types.ts';

export interface Usage {
  readonly counts: TokenCounts;
  /** The part of the input that was written to the model's cache. */
  readonly cacheWrites: number | null;
  /** `total_tokens` as it is told, not the sum of the others. */
  readonly toldTotal: number | null;
}

export const countOf = (value: JsonValue | undefined): number | null => (isCount(value) ? value : null);

/** Null counts as 0, unless all are null. */
export const sumOfKnown = (counts: readonly (number | null)[]): number | null =>
  counts.reduce((sum, count) => (count === null ? sum : (sum ?? 0) + count), null);

export function readUsage(usage: JsonValue | undefined): Usage {
  const countAt = (...paths: (readonly string[])[]): number | null =>
    paths.map((path) => countOf(path.reduce(fieldOf, usage))).find((count) => count !== null) ?? null;
  const toldInput = countAt(['prompt_tokens'], ['input_tokens']);
  const cacheReads = countAt(['cache_read_input_tokens']);
  const cacheCreation = countAt(['cache_creation_input_tokens']);
  const toldTotal = countAt(['total_tokens']);
  const input = isBesideCache(usage) ? sumOfKnown([toldInput, cacheReads, cacheCreation]) : toldInput;
  const output = countAt(['completion_tokens'], ['output_tokens']);
  const cached = countAt(['prompt_tokens_details', 'cached_tokens'], ['input_tokens_details', 'cached_tokens']);
  return {
    counts: {
      inputTokens: input,
      outputTokens: output,
      totalTokens: toldTotal ?? sumOfKnown([input, output]),
      cachedInputTokens: cached ?? cacheReads,
      reasoningTokens: countAt(
        ['completion_tokens_details', 'reasoning_tokens'],
        ['output_tokens_details', 'reasoning_tokens'],
        ['output_tokens_details', 'thinking_tokens'],
      ),
    },
    cacheWrites:
      countAt(['prompt_tokens_details', 'cache_write_tokens'], ['input_tokens_details', 'cache_write_tokens']) ??
      cacheCreation,
    toldTotal,
  };
}

/** Anthropic's `input_tokens` are those beside its cache. Whoever adds `total_tokens` or details follows OpenAI, where all are in. */
const isBesideCache = (usage: JsonValue | undefined): boolean =>
  countOf(fieldOf(usage, 'prompt_tokens')) === null &&
  countOf(fieldOf(usage, 'input_tokens')) !== null &&
  countOf(fieldOf(usage, 'total_tokens')) === null &&
  !isJsonObject(fieldOf(usage, 'input_tokens_details'));

/**
 * Null unless input and output are both told, or one of them and the total, none of them beyond 2^53. Parts are never more than what they
 * are parts of.
 */
export function billedCounts({ counts, cacheWrites, toldTotal }: Usage): BilledCounts | null {
  const input = counts.inputTokens ?? rest(toldTotal, counts.outputTokens);
  const output = counts.outputTokens ?? rest(toldTotal, counts.inputTokens);
  if (!isExact(input) || !isExact(output)) return null;
  const cachedInput = Math.min(input, counts.cachedInputTokens ?? 0);
  return {
    input,
    cachedInput,
    cacheWrites: Math.min(input - cachedInput, cacheWrites ?? 0),
    output,
    reasoning: Math.min(output, counts.reasoningTokens ?? 0),
  };
}

const isExact = (count: number | null): count is number => Number.isSafeInteger(count);

const rest = (total: number | null, part: number | null): number | null =>
  total === null || part === null || total < part ? null : total - part;
