/** Prices of models, in US dollars a token. */

/** A price that is not given is null. */
export interface TokenPrices {
  readonly input: number | null;
  readonly cachedInput: number | null;
  readonly cacheWrites: number | null;
  readonly output: number | null;
  readonly reasoning: number | null;
}

/** What a call costs whose input is longer than so many tokens: each price that differs. */
export interface LongInputPrices {
  readonly aboveInputTokens: number;
  readonly prices: Partial<TokenPrices>;
}

export interface ModelPrices {
  readonly prices: TokenPrices;
  /** The longest first. */
  readonly longInput: readonly LongInputPrices[];
}

/** By the exact name of the model. */
export type PriceList = ReadonlyMap<string, ModelPrices>;

export function pricesFor({ prices, longInput }: ModelPrices, inputTokens: number): TokenPrices {
  const long = longInput.find(({ aboveInputTokens }) => inputTokens > aboveInputTokens);
  return long ? { ...prices, ...long.prices } : prices;
}
