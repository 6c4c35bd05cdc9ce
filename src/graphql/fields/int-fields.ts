/** Fields whose counts are exact in the domain, and may be beyond what GraphQL's `Int` can hold. */
import { fitsInt, MAX_INT } from '../../domain/int.ts';
import { GatewayError } from '../../upstream/errors.ts';

/** Answers the count, or throws NUMBER_OUT_OF_RANGE: the field is null with that error, never another number. */
export function checkInt<Count extends number | null>(count: Count, name: string): Count {
  if (count === null || fitsInt(count)) return count;
  throw new GatewayError('NUMBER_OUT_OF_RANGE', `${name}: the number is beyond what an Int can hold (${MAX_INT})`);
}

/** An entry of the field table for each of these fields. */
export function intFields<Key extends string>(...keys: readonly Key[]) {
  const entries = keys.map((key) => {
    const resolve = (parent: Readonly<Record<Key, number | null>>) => checkInt(parent[key], key);
    return [key, { resolve, isIntCheck: true }] as const;
  });
  return Object.fromEntries(entries) as Readonly<Record<Key, (typeof entries)[number][1]>>;
}

/** Of a step, of a model and of a run. */
export const tokenCounts = intFields(
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cachedInputTokens',
  'reasoningTokens',
);
