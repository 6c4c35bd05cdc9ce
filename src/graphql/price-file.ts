/** Reads TOKEN_PRICES in LiteLLM's format (model_prices_and_context_window.json). An error prevents the start. */
import { z } from 'zod';
import type { ModelPrices, PriceList, TokenPrices } from '../domain/cost/prices.ts';
import { readJsonFile } from '../config/json-file.ts';

/** US dollars per token. A higher price is probably per thousand or million tokens. */
const MAX_PRICE = 0.1;

const PRICES: ReadonlyMap<string, keyof TokenPrices> = new Map([
  ['input_cost_per_token', 'input'],
  ['cache_read_input_token_cost', 'cachedInput'],
  ['cache_creation_input_token_cost', 'cacheWrites'],
  ['output_cost_per_token', 'output'],
  ['output_cost_per_reasoning_token', 'reasoning'],
]);
const LONG_INPUT = /^(.+)_above_(\d{1,6})k_tokens$/;

/** Entry that describes LiteLLM's format, and isn't a model. */
const DESCRIPTION = 'sample_spec';

const ENTRIES = z.record(z.string(), z.unknown());

export const readPriceFile = (path: string): PriceList => readPrices(readJsonFile(path, wrong), path);

/** Throws an Error that names the file, model and field. */
export function readPrices(given: unknown, path: string): PriceList {
  const entries = ENTRIES.safeParse(given);
  if (!entries.success) throw wrong(path, 'it must be {"<model>": {"input_cost_per_token": …}, …}, got other JSON');
  const list = new Map<string, ModelPrices>();
  for (const [model, entry] of Object.entries(entries.data)) {
    if (model === DESCRIPTION) continue;
    const fields = ENTRIES.safeParse(entry);
    if (!fields.success) throw wrong(path, `${quoted(model)} must be an object, got ${quoted(entry)}`);
    const prices = modelPrices(fields.data, (field, value) =>
      wrong(
        path,
        `${quoted(model)}: ${field} must be US dollars per token, a number from 0 to ${MAX_PRICE}, got ${quoted(value)}`,
      ),
    );
    if (prices) list.set(model, prices);
  }
  if (list.size > 0) return list;
  throw wrong(path, 'it must have at least one model with input_cost_per_token or output_cost_per_token, got none');
}

const NO_PRICES: TokenPrices = { input: null, cachedInput: null, cacheWrites: null, output: null, reasoning: null };

/** Returns null if the model isn't priced per token. Some are priced per image, second or page. */
function modelPrices(
  fields: Readonly<Record<string, unknown>>,
  wrongField: (field: string, value: unknown) => Error,
): ModelPrices | null {
  /** Prices by threshold in thousands of tokens. 0 means always. */
  const found = new Map<number, Partial<TokenPrices>>();
  for (const [field, value] of Object.entries(fields)) {
    const [, base = field, thousands = '0'] = LONG_INPUT.exec(field) ?? [];
    const price = PRICES.get(base);
    if (!price || value === null) continue;
    if (typeof value !== 'number' || !(value >= 0 && value <= MAX_PRICE)) throw wrongField(field, value);
    found.set(Number(thousands), { ...found.get(Number(thousands)), [price]: value });
  }
  const prices = { ...NO_PRICES, ...found.get(0) };
  if (prices.input === null && prices.output === null) return null;
  found.delete(0);
  const longInput = [...found].map(([thousands, above]) => ({ aboveInputTokens: thousands * 1000, prices: above }));
  return { prices, longInput: longInput.sort((a, b) => b.aboveInputTokens - a.aboveInputTokens) };
}

/** Cuts long values. */
const quoted = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
};

const wrong = (path: string, problem: string): Error =>
  new Error(
    `TOKEN_PRICES: ${path}: ${problem}. Correct the file (docs/configuration.md#prices), or leave TOKEN_PRICES unset.`,
  );
