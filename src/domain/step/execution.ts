/** A step's facts with what its own words say, and the two orders on which everything else stands. */
import { compareNullsLast } from '../order.ts';
import { isOver, stepStatusOf, type StepStatus } from '../status.ts';
import type { StepFacts } from '../types.ts';

export interface Execution extends StepFacts {
  readonly status: StepStatus;
  /** COMPLETED, FAILED, CANCELLED or SKIPPED; or UNKNOWN with an end. */
  readonly isFinished: boolean;
}

type Placed = Pick<StepFacts, 'startTime' | 'endTime' | 'index'>;

/** The order of lists: by start (steps without one last), then upstream index. */
export const compareByStart = (a: Placed, b: Placed): number =>
  compareNullsLast(a.startTime?.epochMicros ?? null, b.startTime?.epochMicros ?? null) || a.index - b.index;

/** Where a step stands among the executions of its node: its start, else its end, in microseconds since 1970. */
export const placeOf = ({ startTime, endTime }: Placed): number | null => (startTime ?? endTime)?.epochMicros ?? null;

/** The order of a node's executions: by place (those without one last), then upstream index. */
export const compareByPlace = (a: Placed, b: Placed): number =>
  compareNullsLast(placeOf(a), placeOf(b)) || a.index - b.index;

/** In order of `compareByStart`, whatever order the facts come in. Unreadable entries are left out. */
export const executionsOf = (facts: readonly StepFacts[]): Execution[] =>
  facts
    .filter(({ problem }) => problem === undefined)
    .map(executionOf)
    .sort(compareByStart);

function executionOf(facts: StepFacts): Execution {
  const status = stepStatusOf(facts.rawStatus);
  return { ...facts, status, isFinished: isOver(status, facts.endTime) };
}
