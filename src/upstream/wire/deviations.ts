/** Collects what deviates in one answer. A list of a thousand steps mostly deviates in the same way a thousand times. */
import type { CountedDeviation, Deviation, DeviationOutcome } from '../../observability/deviations.ts';

export type ReportDeviation = (field: string, outcome: DeviationOutcome, expected: string, got: string) => void;

export interface Deviations {
  readonly add: ReportDeviation;
  /** By field and outcome, in the order of the first of each. */
  readonly found: () => readonly CountedDeviation[];
}

/** The first of each field and outcome says what was expected and what came. */
export function createDeviations(): Deviations {
  const found: CountedDeviation[] = [];
  const ofOutcome = { read: new Map<string, Counting>(), lost: new Map<string, Counting>() };
  return {
    // One answer may have a quarter of a million: those of a kind are counted in place.
    add(field, outcome, expected, got) {
      const before = ofOutcome[outcome].get(field);
      if (before) {
        before.count += 1;
        return;
      }
      const first = { field, outcome, expected, got, count: 1 };
      ofOutcome[outcome].set(field, first);
      found.push(first);
    },
    found: () => found,
  };
}

type Counting = Deviation & { count: number };
