/** Token counts of a step and of a run. */
import type { RawStep } from './raw.ts';

export const COUNTS = ['inputTokens', 'outputTokens', 'totalTokens', 'cachedInputTokens', 'reasoningTokens'] as const;
export type Counts = Readonly<Record<(typeof COUNTS)[number], number | null>>;

export interface Usage extends Counts {
  readonly model: string | null;
  readonly source: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (value: unknown, key: string): unknown =>
  isObject(value) && Object.prototype.hasOwnProperty.call(value, key) ? value[key] : undefined;
const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;

export function usageOf({ outputs, tokens }: RawStep): Usage | null {
  const usage = own(outputs, 'usage');
  const either = (a: unknown, b: unknown) => count(a) ?? count(b);
  const details = (kind: string, part: string) => own(own(usage, `${kind}_tokens_details`), part);
  const [reads, writes] = [
    count(own(usage, 'cache_read_input_tokens')),
    count(own(usage, 'cache_creation_input_tokens')),
  ];
  const prompt = count(own(usage, 'prompt_tokens'));
  const input = count(own(usage, 'input_tokens'));
  // Anthropic: without OpenAI's names for totals and details.
  const isOpenAi =
    prompt !== null || count(own(usage, 'total_tokens')) !== null || isObject(own(usage, 'input_tokens_details'));
  const inputTokens = isOpenAi || input === null ? (prompt ?? input) : input + (reads ?? 0) + (writes ?? 0);
  const outputTokens = either(own(usage, 'completion_tokens'), own(usage, 'output_tokens'));
  const sum = inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0);
  const upstreamTotal = count(tokens) ?? 0;
  const counts: Counts = {
    inputTokens,
    outputTokens,
    totalTokens: upstreamTotal > 0 ? upstreamTotal : (count(own(usage, 'total_tokens')) ?? sum),
    cachedInputTokens: either(details('prompt', 'cached_tokens'), details('input', 'cached_tokens')) ?? reads,
    reasoningTokens:
      either(details('completion', 'reasoning_tokens'), details('output', 'reasoning_tokens')) ??
      count(details('output', 'thinking_tokens')),
  };
  if (COUNTS.every((key) => counts[key] === null)) return null;
  const model = own(outputs, 'model');
  return {
    ...counts,
    model: typeof model === 'string' && model !== '' ? model : null,
    source: upstreamTotal > 0 ? 'UPSTREAM' : 'OUTPUTS',
  };
}

export function sumOf(usages: readonly Counts[]) {
  const entries = COUNTS.map((key) => {
    const known = usages.map((usage) => usage[key]).filter((value) => value !== null);
    return [key, known.length > 0 ? known.reduce((a, b) => a + b, 0) : null] as const;
  });
  return { ...(Object.fromEntries(entries) as Counts), stepsReporting: usages.length };
}

export function runUsage(steps: readonly RawStep[]) {
  const usages = steps.map(usageOf).filter((usage) => usage !== null);
  const models = [...new Set(usages.map(({ model }) => model))];
  const byModel = models.map((model) => ({ model, ...sumOf(usages.filter((usage) => usage.model === model)) }));
  // Most tokens first, then by name; unknown last.
  const rank = ({ model, totalTokens }: (typeof byModel)[number]) =>
    [-(totalTokens ?? -1), model === null ? 1 : 0] as const;
  byModel.sort(
    (a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1] || ((a.model ?? '') < (b.model ?? '') ? -1 : 1),
  );
  return { ...sumOf(usages), byModel };
}
