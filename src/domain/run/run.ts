/** A run with all derived data. Each part is computed once, on first access. */
import { criticalPath } from '../critical-path/critical-path.ts';
import { latestEndOf, isUnderWay, totalElapsedTime } from '../step/duration.ts';
import { executionsOf, latestAttempts } from '../step/attempts.ts';
import type { Execution, StepDraft } from '../step/execution.ts';
import { failedSteps, slowestSteps } from '../step/failures.ts';
import { shownError } from '../step/step-error.ts';
import { intervalsOf } from './intervals.ts';
import { layoutOf } from './layout.ts';
import { progressOf } from './progress.ts';
import { repeatedNodes } from '../step/repeated-nodes.ts';
import { inferRunStatus } from './run-status.ts';
import { wallClockMs, type RunBounds } from './span.ts';
import { isOver, type RunStatus } from '../status.ts';
import { countSteps, deriveSteps } from '../step/steps.ts';
import { timelineOf } from './timeline.ts';
import { earliest, later, timestampOf, type Timestamp } from '../timestamp.ts';
import { runTiming } from './timing.ts';
import { runTokenUsage } from './tokens.ts';
import type {
  CriticalPath,
  Freshness,
  Progress,
  Payload,
  RepeatedNode,
  Run,
  RunFacts,
  RunRecord,
  RunTiming,
  RunTokenUsage,
  Step,
  StepCounts,
  StepFacts,
  Timeline,
  WorkflowGraph,
} from '../types.ts';

/**
 * `nowMs` is the request's clock reading, in milliseconds since 1970. A getter throws the error of steps that failed to
 * load, and an Error for a part that its caller didn't require.
 */
export const createRun = (facts: RunFacts, nowMs: number): Run => new DerivedRun(facts, nowMs);

/** A class, because getters on a prototype take less memory: closures took more than five steps. */
class DerivedRun implements Run {
  readonly workflowId: string;
  readonly id: string;
  readonly #facts: RunFacts;
  readonly #nowMs: number;
  // Undefined means not yet computed. Only expensive values are cached.
  #executions: readonly StepDraft[] | undefined;
  /** Set once `#completeSteps` has run. */
  #areComplete = false;
  #latest: readonly StepDraft[] | undefined;
  #status: RunStatus | undefined;
  #startedAt: Timestamp | null | undefined;
  #endedAt: Timestamp | null | undefined;
  #dependsOnNow: boolean | undefined;
  #unreadableSteps: readonly string[] | undefined;
  #stepCounts: StepCounts | undefined;
  #failedSteps: readonly Step[] | undefined;
  #remainingFailures: readonly Step[] | undefined;
  #slowestSteps: readonly Step[] | undefined;
  #totalElapsedTime: number | undefined;
  #timing: RunTiming | undefined;
  #timeline: Timeline | undefined;
  #criticalPath: CriticalPath | undefined;
  #progress: Progress | undefined;
  #repeatedNodes: readonly RepeatedNode[] | undefined;
  #tokenUsage: RunTokenUsage | undefined;

  constructor(facts: RunFacts, nowMs: number) {
    this.workflowId = facts.workflowId;
    this.id = facts.id;
    this.#facts = facts;
    this.#nowMs = nowMs;
  }

  get statusIsInferred(): boolean {
    return this.#record() === null;
  }

  get rawStatus(): string | null {
    return this.#record()?.rawStatus ?? null;
  }

  get error(): string | null {
    const record = this.#record();
    return record && shownError(record);
  }

  get isRedacted(): boolean {
    const record = this.#record();
    // Without a record, the inputs are those of a step.
    return record ? record.isRedacted === true : this.steps.some((step) => step.isRedacted);
  }

  get errorHash(): string | null {
    return this.#record()?.errorHash ?? null;
  }

  get freshness(): Freshness {
    this.#record();
    return this.#facts.freshness;
  }

  get status(): RunStatus {
    const { record } = this.#facts;
    return (this.#status ??= record ? record.status : this.#inferredStatus());
  }

  get isFinished(): boolean {
    const { record } = this.#facts;
    if (record) return isOver(this.status, record.endTime);
    if (this.status !== 'UNKNOWN') return isOver(this.status, null);
    return this.unreadableSteps.length === 0 && this.#executed().length > 0;
  }

  get dependsOnNow(): boolean {
    if (this.#isUnknown() || !this.isFinished) return true;
    // The run's end limits a step that is still reported as running, but only the clock shows that a step starts later.
    const now = this.#nowMs * 1000;
    const startsLater = (step: Execution) => isUnderWay(step) && (step.startTime?.epochMicros ?? now) > now;
    return (this.#dependsOnNow ??= this.#facts.steps !== null && this.#executed().some(startsLater));
  }

  get startedAt(): Timestamp | null {
    if (this.#startedAt !== undefined) return this.#startedAt;
    const { record } = this.#facts;
    // A pending run hasn't started, whatever its steps say, so lists need not load them.
    const firstStart = () =>
      record && this.status === 'PENDING' ? null : earliest(this.#loadedSteps().map((step) => step.startTime));
    return (this.#startedAt = record?.startTime ?? firstStart());
  }

  get endedAt(): Timestamp | null {
    if (this.#endedAt !== undefined) return this.#endedAt;
    const { record } = this.#facts;
    return (this.#endedAt = this.isFinished ? (record?.endTime ?? latestEndOf(this.#executed())) : null);
  }

  get lastActivityAt(): Timestamp | null {
    const { record } = this.#facts;
    let last = later(record?.startTime ?? null, record?.endTime ?? null);
    for (const { startTime, endTime } of this.#loadedSteps()) last = later(later(last, startTime), endTime);
    return last;
  }

  get wallClockMs(): number | null {
    return wallClockMs(this.#bounds());
  }

  get payload(): Payload | null {
    return this.#facts.record?.payload ?? null;
  }

  get steps(): readonly Step[] {
    this.#completeSteps();
    return this.#executed();
  }

  get latestAttempts(): readonly Step[] {
    this.#completeSteps();
    return this.#latestExecutions();
  }

  get unreadableSteps(): readonly string[] {
    if (this.#unreadableSteps) return this.#unreadableSteps;
    const problems: string[] = [];
    for (const { problem } of this.#loadedSteps()) if (problem !== undefined) problems.push(problem);
    return (this.#unreadableSteps = problems);
  }

  get stepCounts(): StepCounts {
    return (this.#stepCounts ??= countSteps(this.steps));
  }

  get failedSteps(): readonly Step[] {
    return (this.#failedSteps ??= failedSteps(this.steps));
  }

  get remainingFailures(): readonly Step[] {
    return (this.#remainingFailures ??= this.#whyFailed());
  }

  get slowestSteps(): readonly Step[] {
    return (this.#slowestSteps ??= slowestSteps(this.steps));
  }

  get totalElapsedTime(): number {
    return (this.#totalElapsedTime ??= totalElapsedTime(this.#executed()));
  }

  get timing(): RunTiming {
    return (this.#timing ??= runTiming(this.steps, layoutOf(this.steps, this.#bounds()), this.wallClockMs));
  }

  get timeline(): Timeline {
    return (this.#timeline ??= timelineOf(layoutOf(this.steps, this.#bounds())));
  }

  get criticalPath(): CriticalPath {
    return (this.#criticalPath ??= criticalPath(intervalsOf(this.steps), this.#loadedGraph()));
  }

  get progress(): Progress {
    return (this.#progress ??= progressOf(this.#latestExecutions(), this.#loadedGraph(), this.isFinished));
  }

  get repeatedNodes(): readonly RepeatedNode[] {
    return (this.#repeatedNodes ??= repeatedNodes(this.steps));
  }

  get tokenUsage(): RunTokenUsage {
    return (this.#tokenUsage ??= runTokenUsage(this.#executed()));
  }

  /** Whether neither record nor steps could be loaded, so only the ids are known. */
  #isUnknown(): boolean {
    return this.#facts.record === null && this.#facts.stepsError != null;
  }

  #record(): RunRecord | null {
    if (this.#isUnknown()) this.#loadedSteps();
    return this.#facts.record;
  }

  /** A run that failed without an error in its record must not claim that nothing failed. */
  #whyFailed(): readonly Step[] {
    const remaining = this.failedSteps.filter(({ isSuperseded }) => !isSuperseded);
    const isUnexplained = this.#facts.record?.status === 'FAILED' && this.error === null;
    return remaining.length === 0 && isUnexplained ? this.failedSteps : remaining;
  }

  /** An unreadable step may have failed or may still be running. */
  #inferredStatus(): RunStatus {
    if (this.unreadableSteps.length > 0) return 'UNKNOWN';
    return inferRunStatus(latestAttempts(this.#executed(), false));
  }

  /** Until `#completeSteps` runs, the steps contain only data derived from their own facts. */
  #executed(): readonly StepDraft[] {
    return (this.#executions ??= executionsOf(this.#loadedSteps()));
  }

  #latestExecutions(): readonly StepDraft[] {
    return (this.#latest ??= latestAttempts(this.#executed(), this.isFinished));
  }

  #completeSteps(): void {
    if (this.#areComplete) return;
    const { workflowId, id: runId, isFinished, endedAt } = this;
    const { epochMicros: now } = this.#now();
    const clock = { now, liveUntil: isFinished ? (endedAt?.epochMicros ?? null) : now };
    deriveSteps(this.#executed(), { workflowId, runId, isRunOver: isFinished, bounds: this.#bounds(), clock });
    for (const step of this.#latestExecutions()) step.isLatest = true;
    this.#areComplete = true;
  }

  #loadedSteps(): readonly StepFacts[] {
    if (this.#facts.steps) return this.#facts.steps;
    if (this.#facts.stepsError) throw this.#facts.stepsError;
    throw new Error(`Steps of run ${this.id} are not loaded: the field must require 'STEPS'.`);
  }

  #loadedGraph(): WorkflowGraph | null {
    if (this.#facts.graph !== undefined) return this.#facts.graph;
    throw new Error(`Graph of run ${this.id} is not loaded: the field must require 'GRAPH'.`);
  }

  #now(): Timestamp {
    return timestampOf(this.#nowMs);
  }

  #bounds(): RunBounds {
    const { startedAt, endedAt, isFinished } = this;
    return { startedAt, until: endedAt ?? (isFinished ? null : this.#now()) };
  }
}
