/** Steps with data derived from their own facts, and the two basic orders of steps. */
import { compareNullsLast } from '../order.ts';
import { isOver, type StepStatus } from '../status.ts';
import type { Step, StepFacts } from '../types.ts';
import { shownError } from './step-error.ts';
import { waitingSince } from './waits.ts';

export interface Execution extends StepFacts {
  readonly status: StepStatus;
  /** Whether the status is COMPLETED, FAILED, CANCELLED or SKIPPED, or UNKNOWN with an end. */
  readonly isFinished: boolean;
}

/** A step before `deriveSteps` sets the data that depends on its run. */
export type StepDraft = { -readonly [Key in keyof Step]: Step[Key] };

type Placed = Pick<StepFacts, 'startTime' | 'endTime' | 'index'>;

/** Order of lists: by start (missing last), then upstream index. */
export const compareByStart = (a: Placed, b: Placed): number =>
  compareNullsLast(a.startTime?.epochMicros ?? null, b.startTime?.epochMicros ?? null) || a.index - b.index;

/**
 * Position among the executions of the node: start, or end if there is none, in microseconds since 1970. Null without
 * either.
 */
export const placeOf = ({ startTime, endTime }: Placed): number | null => (startTime ?? endTime)?.epochMicros ?? null;

/** Order of a node's executions: by place (missing last), then upstream index. */
export const compareByPlace = (a: Placed, b: Placed): number =>
  compareNullsLast(placeOf(a), placeOf(b)) || a.index - b.index;

/** Sorted by `compareByStart`, without unreadable entries. */
export const draftsOf = (facts: readonly StepFacts[]): StepDraft[] =>
  facts
    .filter(({ problem }) => problem === undefined)
    .sort(compareByStart)
    .map(draftOf);

/** Creates all properties at once. Data that depends on the run is set later. */
const draftOf = (facts: StepFacts): StepDraft => new DraftedStep(facts);

/** A class, because V8 creates objects with getters slowly, and tokens are interpreted only on access. */
class DraftedStep {
  workflowId = '';
  runId = '';
  id: string;
  nodeId: string;
  userId: string | null;
  organizationId: string | null;
  status: StepStatus;
  rawStatus: string;
  isFinished: boolean;
  isAnswerable = false;
  startTime: Step['startTime'];
  endTime: Step['endTime'];
  elapsedTime: number | null;
  durationMs: number | null = null;
  waitingMs = 0;
  durationSource: Step['durationSource'] = 'NONE';
  clockSkewDetected = false;
  offsetMs: number | null = null;
  gapBeforeMs: number | null = null;
  shareOfRun: number | null = null;
  error: string | null;
  isRedacted: boolean;
  errorHash: string | null;
  itemKey: string | null;
  reportedAttempt: number | null;
  itemAttempt: number;
  waits: Step['waits'];
  payload: Step['payload'];
  inputsHash: Step['inputsHash'];
  tokens: number | null;
  reportedTokens: Step['reportedTokens'];
  attempt = 1;
  attemptCount = 1;
  attemptKind: Step['attemptKind'] = 'FIRST';
  isSuperseded = false;
  isLatest = false;
  previousAttempt: Step | null = null;
  index: number;

  constructor(facts: StepFacts) {
    this.id = facts.id;
    this.nodeId = facts.nodeId;
    this.userId = facts.userId;
    this.organizationId = facts.organizationId;
    this.status = facts.status;
    this.rawStatus = facts.rawStatus;
    this.isFinished = isOver(facts.status, facts.endTime);
    this.startTime = facts.startTime;
    this.endTime = facts.endTime;
    this.elapsedTime = facts.elapsedTime;
    this.error = shownError(facts);
    this.isRedacted = facts.isRedacted ?? false;
    this.errorHash = facts.errorHash ?? null;
    this.itemKey = facts.itemKey;
    this.reportedAttempt = facts.reportedAttempt;
    this.itemAttempt = facts.reportedAttempt ?? 1;
    this.waits = facts.waits;
    this.payload = facts.payload;
    this.inputsHash = facts.inputsHash;
    this.tokens = facts.tokens;
    this.reportedTokens = facts.reportedTokens;
    this.index = facts.index;
  }

  get waitingSince(): Step['waitingSince'] {
    return waitingSince(this);
  }

  get tokenUsage(): Step['tokenUsage'] {
    return this.reportedTokens.usage;
  }
}
