/** Token usage of model calls. The upstream's own count is always 0 at present, so it is read from the outputs. */
import { fieldOf, isJsonObject } from '../json.ts';
import { modelOf } from '../conversation/model-name.ts';
import { joinStream } from '../conversation/streams/streams.ts';
import { compareText } from '../order.ts';
import type {
  JsonValue,
  ModelTokenUsage,
  PayloadValues,
  ReportedTokens,
  RunTokenUsage,
  StepFacts,
  TokenCounts,
  TokenUsage,
} from '../types.ts';
import { countOf, readUsage } from './usage.ts';

/** Values from which a step's tokens are read. */
type Reporting = Pick<PayloadValues, 'inputs' | 'outputs'>;

/**
 * Tokens of a step. The usage and models are kept as sent, and interpreted when first needed: lists and totals parse no
 * payloads, and queries without tokens interpret nothing.
 */
export class StepTokens {
  readonly #upstreamTokens: number | null;
  #uninterpreted: Reporting | null;
  #usage: TokenUsage | null = null;

  constructor(upstreamTokens: number | null, values: Reporting) {
    this.#upstreamTokens = upstreamTokens;
    this.#uninterpreted = shortReport(values);
    if (!this.#uninterpreted) this.#usage = readTokens(upstreamTokens, values);
  }

  get usage(): TokenUsage | null {
    if (this.#uninterpreted) this.#usage = readTokens(this.#upstreamTokens, this.#uninterpreted);
    this.#uninterpreted = null;
    return this.#usage;
  }
}

/** Maximum number of values in a kept usage, and of characters in its strings. Others could take too much memory. */
const MAX_KEPT_VALUES = 30;
const MAX_KEPT_TEXT = 100;

/** The usage and models of a payload, without the rest. Null if there is no usage, or an unusually large one. */
function shortReport({ inputs, outputs }: Reporting): Reporting | null {
  const usage = fieldOf(outputs, 'usage') ?? null;
  const models = [fieldOf(outputs, 'model') ?? null, fieldOf(inputs, 'model') ?? null] as const;
  if (!isJsonObject(usage) || !models.every(isShort)) return null;
  let values = 0;
  for (const key in usage) {
    const value = usage[key] ?? null;
    values += 1;
    if (isJsonObject(value)) {
      for (const name in value) {
        values += 1;
        if (values > MAX_KEPT_VALUES || !isShort(value[name] ?? null)) return null;
      }
    } else if (values > MAX_KEPT_VALUES || !isShort(value)) return null;
  }
  return { outputs: { usage, model: models[0] }, inputs: { model: models[1] } };
}

const isShort = (value: JsonValue): boolean =>
  typeof value === 'string' ? value.length <= MAX_KEPT_TEXT : typeof value !== 'object' || value === null;

/**
 * Returns null if no tokens are reported. A count is null unless it is a reported integer ≥ 0. The total is the
 * upstream's if above 0, otherwise `total_tokens`, otherwise the sum of the known input and output.
 */
function readTokens(upstreamTokens: number | null, { inputs, outputs }: Reporting): TokenUsage | null {
  const answer = answerIn(outputs);
  const upstreamTotal = countOf(upstreamTokens) ?? 0;
  if (upstreamTotal === 0 && !hasUsage(answer)) return null;
  const reported = reportIn(answer);
  if (upstreamTotal === 0 && isEmpty(reported)) return null;
  return {
    ...reported,
    totalTokens: upstreamTotal > 0 ? upstreamTotal : reported.totalTokens,
    source: upstreamTotal > 0 ? 'UPSTREAM' : 'OUTPUTS',
    billedModel: reported.model ?? modelOf(inputs, null),
  };
}

/** Reads only outputs. Returns null if they don't report tokens: most don't, and then nothing else is read. */
export function readReport(outputs: JsonValue): ReportedTokens | null {
  const answer = answerIn(outputs);
  if (!hasUsage(answer)) return null;
  const reported = reportIn(answer);
  return isEmpty(reported) ? null : reported;
}

const hasUsage = (answer: JsonValue): boolean => isJsonObject(fieldOf(answer, 'usage'));

/** Outputs as one answer, even if they are a stream of events. */
export const answerIn = (outputs: JsonValue): JsonValue =>
  hasUsage(outputs) ? outputs : (joinStream(outputs) ?? outputs);

const reportIn = (answer: JsonValue): ReportedTokens => readUsage(fieldOf(answer, 'usage'), modelOf(null, answer));

const isEmpty = (reported: ReportedTokens): boolean => COUNTS.every((key) => reported[key] === null);

/** Sums over all executions, including failed ones, which were also billed. Null if no step reports the count. */
export function runTokenUsage(steps: readonly Pick<StepFacts, 'reportedTokens'>[]): RunTokenUsage {
  const usages = steps.flatMap(({ reportedTokens }) => reportedTokens.usage ?? []);
  const byModel = [...Map.groupBy(usages, (usage) => usage.model)].map(([model, ofModel]): ModelTokenUsage => ({
    model,
    ...sumOf(ofModel),
  }));
  return { ...sumOf(usages), byModel: byModel.sort(compareModels) };
}

function sumOf(usages: readonly TokenUsage[]): TokenSum {
  const sum = createTokenSum();
  for (const usage of usages) addTokens(sum, usage);
  return sum;
}

export type TokenSum = { -readonly [Key in keyof TokenCounts]: TokenCounts[Key] } & { stepsReporting: number };

export const createTokenSum = (): TokenSum => ({
  inputTokens: null,
  outputTokens: null,
  totalTokens: null,
  cachedInputTokens: null,
  reasoningTokens: null,
  stepsReporting: 0,
});

export function addTokens(sum: TokenSum, usage: TokenCounts): void {
  for (const key of COUNTS) if (usage[key] !== null) sum[key] = (sum[key] ?? 0) + usage[key];
  sum.stepsReporting += 1;
}

const COUNTS = ['inputTokens', 'outputTokens', 'totalTokens', 'cachedInputTokens', 'reasoningTokens'] as const;

type UsageOfModel = Pick<ModelTokenUsage, 'model' | 'totalTokens'>;

/** Most tokens first (unknown last), then by model name (missing last). */
export const compareModels = (a: UsageOfModel, b: UsageOfModel): number =>
  (b.totalTokens ?? -1) - (a.totalTokens ?? -1) ||
  Number(a.model === null) - Number(b.model === null) ||
  compareText(a.model ?? '', b.model ?? '');
