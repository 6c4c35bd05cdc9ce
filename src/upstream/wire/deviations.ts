/** Collects what deviates in one answer. A list of a thousand steps mostly deviates in the same way a thousand times. */
import type { CountedDeviation, DeviationOutcome } from '../../observability/deviations.ts';

export type ReportDeviation = (field: string, outcome: DeviationOutcome, expected: string, got: string) => void;

export interface Deviations {
  readonly add: ReportDeviation;
  /** By field and outcome, in the order of the first of each. */
  readonly found: () => readonly CountedDeviation[];
}

/** The first of each field and outcome says what was expected and what came. */
export function createDeviations(): Deviations {
  let counted: Map<string, CountedDeviation> | undefined;
  return {
    add(field, outcome, expected, got) {
      counted ??= new Map();
      const key = `${field} ${outcome}`;
      const before = counted.get(key);
      counted.set(key, before ? { ...before, count: before.count + 1 } : { field, outcome, expected, got, count: 1 });
    },
    found: () => [...(counted?.values() ?? [])],
  };
}
