/** What the model calls cost in tokens. The upstream's own count is always 0 today, so the answers are read for it. */
import { fieldOf, isJsonObject } from '../json.ts';
import { modelOf } from '../conversation/model-name.ts';
import { joinStream } from '../conversation/streams/streams.ts';
import { compareText } from '../order.ts';
import { valueOf } from '../payload.ts';
import type { ModelTokenUsage, RunTokenUsage, StepFacts, TokenCounts, TokenUsage } from '../types.ts';
import { billedCounts, countOf, readUsage, sumOfKnown, type BilledCounts } from './usage.ts';

/** What tokens are read from. */
export type TokenFacts = Pick<StepFacts, 'tokens' | 'payload'>;

/**
 * Null when neither the upstream nor the outputs tell anything. A count is null when it is not told (or is no whole
 * number ≥ 0), while 0 means really none. The total is the upstream's if that is above 0 (the parts are the outputs'
 * even then), else `total_tokens`, else the sum of input and output as far as they are told.
 */
export const stepTokenUsage = (step: TokenFacts): TokenUsage | null => knownOf(step)?.usage ?? null;

/** What a model call is billed by. */
export interface BilledTokens {
  readonly model: string | null;
  readonly counts: BilledCounts | null;
}

/** Of each step that reports tokens, and of no other. */
export const billedTokens = (step: TokenFacts): BilledTokens | null => knownOf(step)?.billed ?? null;

interface Known {
  readonly usage: TokenUsage;
  readonly billed: BilledTokens;
}

/** What a payload once told: to read it again may mean to parse the whole answer that it came in. */
const known = new WeakMap<StepFacts['payload'], Known | null>();

function knownOf(step: TokenFacts): Known | null {
  let told = known.get(step.payload);
  if (told === undefined) known.set(step.payload, (told = read(step)));
  return told;
}

function read(step: TokenFacts): Known | null {
  const [inputs, outputs] = [valueOf(step.payload.inputs), valueOf(step.payload.outputs)];
  const answer = isJsonObject(fieldOf(outputs, 'usage')) ? outputs : (joinStream(outputs) ?? outputs);
  const reported = readUsage(fieldOf(answer, 'usage'));
  const told = reported.counts;
  const upstreamTotal = countOf(step.tokens) ?? 0;
  if (upstreamTotal === 0 && Object.values(told).every((count) => count === null)) return null;
  const model = fieldOf(answer, 'model');
  return {
    usage: {
      ...told,
      totalTokens: upstreamTotal > 0 ? upstreamTotal : told.totalTokens,
      model: typeof model === 'string' && model !== '' ? model : null,
      source: upstreamTotal > 0 ? 'UPSTREAM' : 'OUTPUTS',
    },
    billed: { model: modelOf(inputs, answer), counts: billedCounts(reported) },
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
