/** What follows from the facts: the shapes that the domain answers. The facts are passed on, so that one import serves. */
import type { Freshness, Payload, StepFacts, TokenCounts } from './facts.ts';
import type { RunStatus, StepStatus } from './status.ts';
import type { Timestamp } from './timestamp.ts';

export type * from './facts.ts';

export type DurationSource = 'TIMESTAMPS' | 'ELAPSED_SECONDS' | 'LIVE' | 'NONE';
export type AttemptKind = 'FIRST' | 'RETRY' | 'ITERATION';

/** How long a step took, and how that is known. */
export interface StepDuration {
  readonly durationMs: number | null;
  readonly durationSource: DurationSource;
  readonly clockSkewDetected: boolean;
}

/** Where a step stands among the executions of its node. */
export interface StepAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly attemptCount: number;
  readonly attemptKind: AttemptKind;
  /** The failed execution that this one repeats; null unless it is a RETRY. */
  readonly previousAttempt: Step | null;
  /** True when it failed and a later execution retried it. */
  readonly isSuperseded: boolean;
}

export interface Step extends StepFacts, StepDuration, StepAttempt {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: StepStatus;
  readonly isFinished: boolean;
  /** From the start of the run's span to this step's; null where the step starts outside it. */
  readonly offsetMs: number | null;
  /** How long nothing ran before this step's start; see `placementsOf`. */
  readonly gapBeforeMs: number | null;
  /** This step's duration as a part of the run's wall clock, 0…1; null where either is unknown or the wall clock is 0. */
  readonly shareOfRun: number | null;
}

export interface StepCounts {
  readonly total: number;
  readonly pending: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly skipped: number;
  readonly unknown: number;
}

/** A stretch of a run in which no step ran. */
export interface RunGap {
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  readonly durationMs: number;
  /** The step that ended last before it; null for the stretch before the first step. */
  readonly after: Step | null;
  /** The step that ended it; null for the stretch after the last step. */
  readonly before: Step | null;
}

export interface RunTiming {
  readonly totalDurationMs: number;
  readonly wallClockMs: number | null;
  readonly busyMs: number;
  readonly idleMs: number;
  readonly wastedMs: number;
  readonly maxConcurrency: number;
  readonly parallelism: number | null;
  readonly longestGap: RunGap | null;
}

export interface TimelineBar {
  readonly step: Step;
  readonly lane: number;
  readonly offsetMs: number;
  readonly durationMs: number;
  readonly offsetPercent: number;
  readonly widthPercent: number;
}

/** A stretch in which no step ran. */
export interface TimelineGap {
  readonly offsetMs: number;
  readonly durationMs: number;
}

export interface Timeline {
  readonly startedAt: Timestamp | null;
  readonly endedAt: Timestamp | null;
  readonly durationMs: number | null;
  readonly laneCount: number;
  readonly bars: readonly TimelineBar[];
  readonly gaps: readonly TimelineGap[];
}

export interface CriticalPath {
  readonly steps: readonly Step[];
  /** The time that the steps cover: what overlaps counts once. */
  readonly durationMs: number;
  readonly isInferred: boolean;
}

export interface Progress {
  readonly finished: number;
  readonly total: number;
  readonly isTotalKnown: boolean;
}

/** A node that ran more than once. */
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
  /** Null gathers the steps whose outputs name no model. */
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
  /** Null where there is no record. */
  readonly rawStatus: string | null;
  readonly statusIsInferred: boolean;
  readonly isFinished: boolean;
  /** True if any answer may change with the clock alone. If false, the run may be kept. */
  readonly dependsOnNow: boolean;
  readonly startedAt: Timestamp | null;
  readonly endedAt: Timestamp | null;
  readonly lastActivityAt: Timestamp | null;
  readonly wallClockMs: number | null;
  readonly error: string | null;
  readonly freshness: Freshness;
  /** By start, then upstream index. */
  readonly steps: readonly Step[];
  /** That of its record; null where it has none. */
  readonly payload: Payload | null;
  /** What is wrong with each entry of the upstream's list that can't be read; `steps` leaves these out. */
  readonly unreadableSteps: readonly string[];
  /** The latest execution of each node, in the order of the nodes' first executions. */
  readonly latestAttempts: readonly Step[];
  readonly stepCounts: StepCounts;
  /** Every failed step, by end, then start, then upstream index. */
  readonly failedSteps: readonly Step[];
  /** Those that had not ended when the last execution of their node began. */
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
