/** The work that all paths of one GraphQL operation share: a short expression over a small value could run for years. */
import { InvalidPathError } from './invalid-path-error.ts';

/** See docs/decisions/0004 for the time that this takes. */
const MAX_STEPS = 1_000_000;

/** Takes `units` from the budget; throws InvalidPathError when they are more than what is left. */
export type Spend = (units: number) => void;

export interface PathBudget {
  readonly spend: Spend;
}

/** One for each GraphQL operation. A unit is about the time in which the evaluator visits one node. */
export function createPathBudget(steps = MAX_STEPS): PathBudget {
  let left = steps;
  // One error for all: an operation may have thousands of paths left, and an error with its stack is costly.
  let error: InvalidPathError | undefined;
  return {
    spend(units) {
      left -= units;
      if (left >= 0) return;
      throw (error ??= new InvalidPathError(
        `expected an expression of less work: the paths of one operation may take ${steps} steps together`,
      ));
    },
  };
}

/** A function reads this many characters in the time of one step. */
const CHARACTERS_PER_UNIT = 32;

export const costOfText = (length: number): number => length / CHARACTERS_PER_UNIT;

/** An object of many fields is a hash table, which is slower to list. */
export const costOfFields = (count: number): number => (count > 100 ? 8 * count : count);
