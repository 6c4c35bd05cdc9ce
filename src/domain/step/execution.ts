/** A step's facts with what its own words say, and the two orders on which everything else stands. */
import { compareNullsLast } from '../order.ts';
import { isOver, type StepStatus } from '../status.ts';
import type { Step, StepFacts } from '../types.ts';
import { hasError } from './step-error.ts';

export interface Execution extends StepFacts {
  readonly status: StepStatus;
  /** COMPLETED, FAILED, CANCELLED or SKIPPED; or UNKNOWN with an end. */
  readonly isFinished: boolean;
}

/** A step whose run is not known yet: `deriveSteps` sets what follows from it. */
export type StepDraft = { -readonly [Key in keyof Step]: Step[Key] };

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
export const executionsOf = (facts: readonly StepFacts[]): StepDraft[] =>
  facts
    .filter(({ problem }) => problem === undefined)
    .sort(compareByStart)
    .map(executionOf);

/** The one object of a step, with all its properties from the start: what follows from its run is set later. */
function executionOf(facts: StepFacts): StepDraft {
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
    error: hasError(facts.error) ? facts.error : null,
    payload: facts.payload,
    tokens: facts.tokens,
    tokenUsage: facts.tokenUsage,
    billedTokens: facts.billedTokens,
    attempt: 1,
    attemptCount: 1,
    attemptKind: 'FIRST',
    isSuperseded: false,
    previousAttempt: null,
    index: facts.index,
  };
}
