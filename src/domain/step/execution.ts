/** Steps with data derived from their own facts, and the two basic orders of steps. */
import { compareNullsLast } from '../order.ts';
import { isOver, type StepStatus } from '../status.ts';
import type { Step, StepFacts } from '../types.ts';
import { shownError } from './step-error.ts';

export interface Execution extends StepFacts {
  readonly status: StepStatus;
  /** True for COMPLETED, FAILED, CANCELLED and SKIPPED, and for UNKNOWN with an end. */
  readonly isFinished: boolean;
}

/** A step before `deriveSteps` sets the data that depends on its run. */
export type StepDraft = { -readonly [Key in keyof Step]: Step[Key] };

type Placed = Pick<StepFacts, 'startTime' | 'endTime' | 'index'>;

/** Order of lists: by start (missing last), then upstream index. */
export const compareByStart = (a: Placed, b: Placed): number =>
  compareNullsLast(a.startTime?.epochMicros ?? null, b.startTime?.epochMicros ?? null) || a.index - b.index;

/** Position among the executions of the node: start, else end, in microseconds since 1970. Null if both are missing. */
export const placeOf = ({ startTime, endTime }: Placed): number | null => (startTime ?? endTime)?.epochMicros ?? null;

/** Order of a node's executions: by place (missing last), then upstream index. */
export const compareByPlace = (a: Placed, b: Placed): number =>
  compareNullsLast(placeOf(a), placeOf(b)) || a.index - b.index;

/** Sorted by `compareByStart`. Unreadable entries are left out. */
export const draftsOf = (facts: readonly StepFacts[]): StepDraft[] =>
  facts
    .filter(({ problem }) => problem === undefined)
    .sort(compareByStart)
    .map(draftOf);

/** Creates all properties at once. Data that depends on the run is set later. */
function draftOf(facts: StepFacts): StepDraft {
  const { status } = facts;
  return {
    workflowId: '',
    runId: '',
    id: facts.id,
    nodeId: facts.nodeId,
    userId: facts.userId,
    organizationId: facts.organizationId,
    status,
    rawStatus: facts.rawStatus,
    isFinished: isOver(status, facts.endTime),
    startTime: facts.startTime,
    endTime: facts.endTime,
    elapsedTime: facts.elapsedTime,
    durationMs: null,
    durationSource: 'NONE',
    clockSkewDetected: false,
    offsetMs: null,
    gapBeforeMs: null,
    shareOfRun: null,
    error: shownError(facts),
    payload: facts.payload,
    inputsHash: facts.inputsHash,
    tokens: facts.tokens,
    tokenUsage: facts.tokenUsage,
    attempt: 1,
    attemptCount: 1,
    attemptKind: 'FIRST',
    isSuperseded: false,
    previousAttempt: null,
    index: facts.index,
  };
}
