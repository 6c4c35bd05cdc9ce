/** Derived data of the domain. Also re-exports the facts, so one import is enough. */
import type { Freshness, Payload, StepFacts, TokenCounts, TokenUsage } from './facts.ts';
import type { RunStatus, StepStatus } from './status.ts';
import type { Timestamp } from './timestamp.ts';

export type * from './facts.ts';

export type DurationSource = 'TIMESTAMPS' | 'ELAPSED_SECONDS' | 'LIVE' | 'NONE';
export type AttemptKind = 'FIRST' | 'RETRY' | 'ITERATION';

export interface StepDuration {
  /** Excludes `waitingMs`. */
  readonly durationMs: number | null;
  /** 0 if the start or end is unknown. */
  readonly waitingMs: number;
  readonly durationSource: DurationSource;
  readonly clockSkewDetected: boolean;
}

/** Position of a step among the executions of its node. */
export interface StepAttempt {
  /** Counted from 1. */
  readonly attempt: number;
  readonly attemptCount: number;
  readonly attemptKind: AttemptKind;
  /** Number of the attempt at its item, from 1: as reported, or one more than that of the failure that it repeats. */
  readonly itemAttempt: number;
  /** Failed execution that this one repeats, or null unless it is a RETRY. */
  readonly previousAttempt: Step | null;
  /** Whether it failed and a RETRY repeats it. */
  readonly isSuperseded: boolean;
  /** Whether this execution decides the state of its node. */
  readonly isLatest: boolean;
}

export interface Step extends StepFacts, StepDuration, StepAttempt {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: StepStatus;
  readonly isRedacted: boolean;
  readonly isFinished: boolean;
  /** Whether it is WAITING and its run isn't over. */
  readonly isAnswerable: boolean;
  /** Start of the current wait, or null unless it is WAITING. */
  readonly waitingSince: Timestamp | null;
  /** Token usage, or null if neither the payload nor the upstream reports tokens. */
  readonly tokenUsage: TokenUsage | null;
  /** Milliseconds from the start of the run's span, or null if the step starts outside it. */
  readonly offsetMs: number | null;
  /** Milliseconds without a running step before this step's start, or null if the step starts outside the span. */
  readonly gapBeforeMs: number | null;
  /** Duration divided by the run's wall clock, 0…1, or null if either is unknown or the wall clock is 0. */
  readonly shareOfRun: number | null;
}

export interface StepCounts {
  readonly total: number;
  readonly pending: number;
  readonly running: number;
  readonly waiting: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly skipped: number;
  readonly unknown: number;
}

/** A period of a run in which no step ran or waited. */
export interface Gap {
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** Milliseconds from the start of the run's span. */
  readonly offsetMs: number;
  readonly durationMs: number;
  /** Step that ended last before the gap, or null for a gap before the first step. */
  readonly after: Step | null;
  /** Step that ended the gap, or null for a gap after the last step. */
  readonly before: Step | null;
}

export interface RunTiming {
  readonly totalDurationMs: number;
  readonly wallClockMs: number | null;
  readonly busyMs: number;
  readonly idleMs: number;
  readonly waitingMs: number;
  readonly idleShare: number | null;
  readonly wastedMs: number;
  readonly maxConcurrency: number;
  readonly parallelism: number | null;
  readonly longestGap: Gap | null;
}

export interface TimelineBar {
  readonly step: Step;
  readonly lane: number;
  readonly offsetMs: number;
  /** Includes waits. */
  readonly durationMs: number;
  readonly offsetPercent: number;
  readonly widthPercent: number;
}

export interface Timeline {
  readonly startedAt: Timestamp | null;
  readonly endedAt: Timestamp | null;
  readonly durationMs: number | null;
  readonly laneCount: number;
  readonly bars: readonly TimelineBar[];
  readonly gaps: readonly Gap[];
}

export interface CriticalPath {
  readonly steps: readonly Step[];
  /** Milliseconds covered by the steps. Overlaps count once. */
  readonly durationMs: number;
  readonly isInferred: boolean;
}

export interface Progress {
  readonly finished: number;
  readonly total: number;
  readonly isTotalKnown: boolean;
}

export interface RepeatedNode {
  readonly nodeId: string;
  readonly attempts: readonly Step[];
  readonly retryCount: number;
  readonly wastedMs: number;
}

export interface StepError {
  readonly message: string;
  readonly type: string | null;
  readonly code: string | null;
  readonly raw: string;
}

export interface ModelTokenUsage extends TokenCounts {
  /** Model, or null for all steps whose outputs name no model. */
  readonly model: string | null;
  readonly stepsReporting: number;
}

export interface RunTokenUsage extends TokenCounts {
  readonly stepsReporting: number;
  readonly byModel: readonly ModelTokenUsage[];
}

export interface Run {
  readonly workflowId: string;
  readonly id: string;
  readonly status: RunStatus;
  /** Raw status, or null without a record. */
  readonly rawStatus: string | null;
  readonly statusIsInferred: boolean;
  readonly isFinished: boolean;
  /** Whether the result depends on the clock. If not, the run can be cached. */
  readonly dependsOnNow: boolean;
  readonly startedAt: Timestamp | null;
  readonly endedAt: Timestamp | null;
  readonly lastActivityAt: Timestamp | null;
  readonly wallClockMs: number | null;
  readonly error: string | null;
  /** Whether part of error, inputs or outputs was redacted. */
  readonly isRedacted: boolean;
  /** Identifies the cause of a redacted error, otherwise null. */
  readonly errorHash: string | null;
  readonly freshness: Freshness;
  /** Sorted by start, then upstream index. */
  readonly steps: readonly Step[];
  /** Payload of the record, or null without a record. */
  readonly payload: Payload | null;
  /** Problem of each unreadable entry of the upstream's list. `steps` omits these entries. */
  readonly unreadableSteps: readonly string[];
  /** Latest execution of each node, in the order of the nodes' first executions. */
  readonly latestAttempts: readonly Step[];
  readonly stepCounts: StepCounts;
  /** All failed steps, sorted by end, then start, then upstream index. */
  readonly failedSteps: readonly Step[];
  /**
   * Failed steps that no RETRY repeats, or all failed steps if the record says FAILED without an error and none is
   * left.
   */
  readonly remainingFailures: readonly Step[];
  /** Longest first, without steps of unknown duration. */
  readonly slowestSteps: readonly Step[];
  /** Seconds, exact up to 2^53. */
  readonly totalElapsedTime: number;
  readonly timing: RunTiming;
  readonly timeline: Timeline;
  readonly criticalPath: CriticalPath;
  readonly progress: Progress;
  readonly repeatedNodes: readonly RepeatedNode[];
  readonly tokenUsage: RunTokenUsage;
}
