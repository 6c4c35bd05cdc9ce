/** Model prices in US dollars per token. */

/** A missing price is null. */
export interface TokenPrices {
  readonly input: number | null;
  readonly cachedInput: number | null;
  readonly cacheWrites: number | null;
  readonly output: number | null;
  readonly reasoning: number | null;
}

/** Prices that differ for inputs longer than `aboveInputTokens`. */
export interface LongInputPrices {
  readonly aboveInputTokens: number;
  readonly prices: Partial<TokenPrices>;
}

export interface ModelPrices {
  readonly prices: TokenPrices;
  /** Highest threshold first. */
  readonly longInput: readonly LongInputPrices[];
}

/** Prices by exact model name. */
export type PriceList = ReadonlyMap<string, ModelPrices>;

export function pricesFor({ prices, longInput }: ModelPrices, inputTokens: number): TokenPrices {
  const long = longInput.find(({ aboveInputTokens }) => inputTokens > aboveInputTokens);
  return long ? { ...prices, ...long.prices } : prices;
}
