/** Fields with exact counts that may exceed GraphQL's `Int`. */
import { fitsInt, MAX_INT } from '../../domain/int.ts';
import type { TokenCounts } from '../../domain/types.ts';
import { GatewayError } from '../../upstream/errors.ts';

/** Returns the count, or throws NUMBER_OUT_OF_RANGE: the field is then null, never a different number. */
export function checkInt<Count extends number | null>(count: Count, name: string): Count {
  if (count === null || fitsInt(count)) return count;
  throw new GatewayError(
    'NUMBER_OUT_OF_RANGE',
    `${name} must fit an Int (at most ${MAX_INT}), got a number out of range.`,
  );
}

/** Returns a field table entry for each of these fields. */
export function intFields<Key extends string>(...keys: readonly Key[]) {
  const entries = keys.map((key) => {
    const resolve = (parent: Readonly<Record<Key, number | null>>) => checkInt(parent[key], key);
    return [key, { resolve, isIntCheck: true }] as const;
  });
  return Object.fromEntries(entries) as Readonly<Record<Key, (typeof entries)[number][1]>>;
}

/** The counts of a usage are own properties: cached records of many runs have one flat object per node. */
export const counts = { resolve: (usage: TokenCounts) => usage } as const;
