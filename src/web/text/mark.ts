/** Which execution of a node a step is. */

export interface Executed {
  readonly attempt: number;
  readonly attemptCount: number;
  readonly itemKey: string | null;
  readonly itemAttempt: number | null;
}

/** Which execution of its node it is: the item and its further attempts, or a number; `undefined` for the only one. */
export function markOf({ attempt, attemptCount, itemKey, itemAttempt }: Executed): string | undefined {
  if (itemKey !== null) return itemAttempt !== null && itemAttempt > 1 ? `${itemKey} #${itemAttempt}` : itemKey;
  return attemptCount > 1 ? `#${attempt}` : undefined;
}
