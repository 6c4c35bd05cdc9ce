/**
 * Collects the deviations of one response. A list of a thousand steps usually has the same deviation a thousand times.
 */
import type { CountedDeviation, Deviation, DeviationOutcome } from '../../observability/deviations.ts';

export type ReportDeviation = (field: string, outcome: DeviationOutcome, expected: string, got: string) => void;

export interface Deviations {
  /** `count` is how often it was found elsewhere. */
  readonly add: (...deviation: [...Parameters<ReportDeviation>, count?: number]) => void;
  /** One per field and outcome, in order of the first occurrence. */
  readonly found: () => readonly CountedDeviation[];
}

/** For each field and outcome, the first deviation keeps the expected and the actual type. */
export function createDeviations(): Deviations {
  const found: CountedDeviation[] = [];
  const ofOutcome = { read: new Map<string, Counting>(), lost: new Map<string, Counting>() };
  return {
    // One response may have 250,000 deviations, so equal ones are only counted.
    add(field, outcome, expected, got, count = 1) {
      const before = ofOutcome[outcome].get(field);
      if (before) {
        before.count += count;
        return;
      }
      const first = { field, outcome, expected, got, count };
      ofOutcome[outcome].set(field, first);
      found.push(first);
    },
    found: () => found,
  };
}

type Counting = Deviation & { count: number };
