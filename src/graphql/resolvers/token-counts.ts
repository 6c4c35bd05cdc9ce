import { intFields } from '../fields/int-fields.ts';

/** Of a step, of a model and of a run. */
export const tokenCounts = intFields(
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cachedInputTokens',
  'reasoningTokens',
);
