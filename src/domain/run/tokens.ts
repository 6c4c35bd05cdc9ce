/** What the model calls cost in tokens. The upstream's own count is always 0 today, so the outputs are read for it. */
import { fieldOf, isJsonObject } from '../json.ts';
import { modelOf } from '../conversation/model-name.ts';
import { joinStream } from '../conversation/streams/streams.ts';
import { compareText } from '../order.ts';
import type { ModelTokenUsage, PayloadValues, RunTokenUsage, StepFacts, TokenCounts, TokenUsage } from '../types.ts';
import { billedCounts, countOf, readUsage, sumOfKnown } from './usage.ts';

/** What is read of a model call when its answer comes, so that no list and no total reads a payload. */
export type TokenFacts = Pick<StepFacts, 'tokenUsage' | 'billedTokens'>;

const NO_TOKENS: TokenFacts = { tokenUsage: null, billedTokens: null };

/**
 * Null when neither the upstream nor the outputs report any. A count is null when it is not reported (or is not a whole
 * number ≥ 0), while 0 means really none. The total is the upstream's if that is above 0 (the parts are the outputs'
 * even then), else `total_tokens`, else the sum of input and output as far as they are reported.
 */
export function readTokens(
  upstreamTokens: number | null,
  { inputs, outputs }: Pick<PayloadValues, 'inputs' | 'outputs'>,
): TokenFacts {
  const answer = isJsonObject(fieldOf(outputs, 'usage')) ? outputs : (joinStream(outputs) ?? outputs);
  const usage = readUsage(fieldOf(answer, 'usage'));
  const { counts } = usage;
  const upstreamTotal = countOf(upstreamTokens) ?? 0;
  if (upstreamTotal === 0 && Object.values(counts).every((count) => count === null)) return NO_TOKENS;
  return {
    tokenUsage: {
      ...counts,
      totalTokens: upstreamTotal > 0 ? upstreamTotal : counts.totalTokens,
      model: modelOf(null, answer),
      source: upstreamTotal > 0 ? 'UPSTREAM' : 'OUTPUTS',
    },
    billedTokens: { model: modelOf(inputs, answer), counts: billedCounts(usage) },
  };
}

/**
 * Sums over all executions, failed ones too: they were paid for. A sum is null when no step tells that count. Models
 * in order of their total, the largest first (unknown last), then by name (those of no name last).
 */
export function runTokenUsage(steps: readonly Pick<TokenFacts, 'tokenUsage'>[]): RunTokenUsage {
  const usages = steps.flatMap(({ tokenUsage }) => tokenUsage ?? []);
  const byModel = [...Map.groupBy(usages, (usage) => usage.model)].map(([model, ofModel]): ModelTokenUsage => ({
    model,
    ...sumOf(ofModel),
  }));
  return { ...sumOf(usages), byModel: byModel.sort(compareModels) };
}

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

const compareModels = (a: ModelTokenUsage, b: ModelTokenUsage): number =>
  (b.totalTokens ?? -1) - (a.totalTokens ?? -1) ||
  Number(a.model === null) - Number(b.model === null) ||
  compareText(a.model ?? '', b.model ?? '');
