/** List prices of the sample's models, in LiteLLM's format. */

/** US dollars for a million tokens of input and of output. */
const PER_MILLION: Readonly<Record<string, readonly [input: number, output: number]>> = {
  'arcee-blitz': [0.45, 0.75],
  'claude-sonnet-4-5': [3, 15],
  'coder-large': [0.5, 0.8],
  'gpt-4.1-mini': [0.4, 1.6],
  'gpt-5-mini': [0.25, 2],
  maestro: [0.9, 3.3],
  'virtuoso-large': [0.75, 1.2],
  'virtuoso-medium': [0.5, 0.8],
};

export const PRICES: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(PER_MILLION).map(([model, [input, output]]) => [
    model,
    { input_cost_per_token: input / 1e6, output_cost_per_token: output / 1e6 },
  ]),
);
