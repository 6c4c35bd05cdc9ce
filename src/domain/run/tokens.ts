/** What the model calls cost in tokens. The upstream's own count is always 0 today, so the answers are read for it. */
import { isCount } from '../int.ts';
import { fieldOf } from '../json.ts';
import { compareText } from '../order.ts';
import type { JsonValue, ModelTokenUsage, RunTokenUsage, StepFacts, TokenCounts, TokenUsage } from '../types.ts';

/** What tokens are read from. */
export type TokenFacts = Pick<StepFacts, 'tokens' | 'payload'>;

/**
 * Null when neither the upstream nor the outputs tell anything. A count is null when it is not told (or is no whole
 * number ≥ 0), while 0 means really none. The total is the upstream's if that is above 0 (the parts are the outputs'
 * even then), else `total_tokens`, else the sum of input and output as far as they are told.
 */
export function stepTokenUsage(step: TokenFacts): TokenUsage | null {
  let usage = known.get(step.payload);
  if (usage === undefined) known.set(step.payload, (usage = readTokenUsage(step)));
  return usage;
}

/** What a payload once told: to read it again may mean to parse the whole answer that it came in. */
const known = new WeakMap<StepFacts['payload'], TokenUsage | null>();

function readTokenUsage(step: TokenFacts): TokenUsage | null {
  const { outputs } = step.payload();
  const told = countsIn(fieldOf(outputs, 'usage'));
  const upstreamTotal = countOf(step.tokens) ?? 0;
  if (upstreamTotal === 0 && Object.values(told).every((count) => count === null)) return null;
  const model = fieldOf(outputs, 'model');
  return {
    ...told,
    totalTokens: upstreamTotal > 0 ? upstreamTotal : told.totalTokens,
    model: typeof model === 'string' && model !== '' ? model : null,
    source: upstreamTotal > 0 ? 'UPSTREAM' : 'OUTPUTS',
  };
}

/**
 * Sums over all executions, failed ones too: they were paid for. A sum is null when no step tells that count. Models
 * in order of their total, the largest first (unknown last), then by name (those of no name last).
 */
export function runTokenUsage(steps: readonly TokenFacts[]): RunTokenUsage {
  const usages = steps.flatMap((step) => stepTokenUsage(step) ?? []);
  const byModel = [...Map.groupBy(usages, (usage) => usage.model)].map(([model, ofModel]): ModelTokenUsage => ({
    model,
    ...sumOf(ofModel),
  }));
  return { ...sumOf(usages), byModel: byModel.sort(compareModels) };
}

function countsIn(usage: JsonValue | undefined): TokenCounts {
  const countAt = (...paths: (readonly string[])[]): number | null =>
    paths.map((path) => countOf(path.reduce(fieldOf, usage))).find((count) => count !== null) ?? null;
  const inputTokens = countAt(['prompt_tokens'], ['input_tokens']);
  const outputTokens = countAt(['completion_tokens'], ['output_tokens']);
  return {
    inputTokens,
    outputTokens,
    totalTokens: countAt(['total_tokens']) ?? sumOfKnown([inputTokens, outputTokens]),
    cachedInputTokens: countAt(['prompt_tokens_details', 'cached_tokens'], ['input_tokens_details', 'cached_tokens']),
    reasoningTokens: countAt(
      ['completion_tokens_details', 'reasoning_tokens'],
      ['output_tokens_details', 'reasoning_tokens'],
    ),
  };
}

const countOf = (value: JsonValue | undefined): number | null => (isCount(value) ? value : null);

/** Null counts as 0, unless all are null. */
export const sumOfKnown = (counts: readonly (number | null)[]): number | null =>
  counts.reduce((sum, count) => (count === null ? sum : (sum ?? 0) + count), null);

function sumOf(usages: readonly TokenUsage[]): TokenCounts & { readonly stepsReporting: number } {
  const sum = (key: keyof TokenCounts): number | null => sumOfKnown(usages.map((usage) => usage[key]));
  return {
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    totalTokens: sum('totalTokens'),
    cachedInputTokens: sum('cachedInputTokens'),
    reasoningTokens: sum('reasoningTokens'),
    stepsReporting: usages.length,
  };
}

function compareModels(a: ModelTokenUsage, b: ModelTokenUsage): number {
  const byTotal = (b.totalTokens ?? -1) - (a.totalTokens ?? -1);
  if (byTotal !== 0) return byTotal;
  if (a.model === null || b.model === null) return Number(a.model === null) - Number(b.model === null);
  return compareText(a.model, b.model);
}
