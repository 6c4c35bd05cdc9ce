/** A run with everything that follows from its facts. Each part is derived when it is first asked for, and only once. */
import { criticalPath } from '../critical-path/critical-path.ts';
import { totalElapsedTime } from '../step/duration.ts';
import { executionsOf, type Execution } from '../step/execution.ts';
import { failedSteps } from '../step/failures.ts';
import { fieldOf } from '../json.ts';
import { progressOf } from './progress.ts';
import { repeatedNodes } from '../step/repeated-nodes.ts';
import { inferRunStatus } from './run-status.ts';
import { wallClockMs, type RunSpan } from './span.ts';
import { isTerminal, runStatusOf, type RunStatus } from '../status.ts';
import { countSteps, deriveSteps } from '../step/steps.ts';
import { timelineOf } from './timeline.ts';
import { earliest, latest, timestampOf, type Timestamp } from '../timestamp.ts';
import { runTiming } from './timing.ts';
import { runTokenUsage } from './tokens.ts';
import type {
  CriticalPath,
  Freshness,
  JsonValue,
  Progress,
  RepeatedNode,
  Run,
  RunFacts,
  RunTiming,
  RunTokenUsage,
  Step,
  StepCounts,
  Timeline,
} from '../types.ts';

/**
 * `nowMs` is the request's one reading of the clock, in milliseconds since 1970.
 *
 * - A finished run takes its end for now: a step that it left behind as "running" does not count up for ever.
 * - Without a record the inputs are the `input_data` of the first step that has any, for there the upstream puts the
 *   run's own inputs; the outputs and the error are null.
 * - Where the steps were not loaded, whatever needs them throws an Error: the caller forgot to ask for them.
 */
export const createRun = (facts: RunFacts, nowMs: number): Run => new DerivedRun(facts, nowMs);

/** A class, since its getters are its prototype's: as closures they took more room than five steps. */
class DerivedRun implements Run {
  readonly workflowId: string;
  readonly id: string;
  readonly statusIsInferred: boolean;
  readonly error: string | null;
  readonly freshness: Freshness;
  readonly #facts: RunFacts;
  readonly #nowMs: number;
  // Undefined is what nobody has asked for yet. Only what is worth it is kept: the rest is read off these.
  #executions: readonly Execution[] | undefined;
  #status: RunStatus | undefined;
  #startedAt: Timestamp | null | undefined;
  #endedAt: Timestamp | null | undefined;
  #span: RunSpan | undefined;
  #steps: readonly Step[] | undefined;
  #stepCounts: StepCounts | undefined;
  #failedSteps: readonly Step[] | undefined;
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
    this.statusIsInferred = facts.record === null;
    this.error = facts.record?.error ?? null;
    this.freshness = facts.freshness;
    this.#facts = facts;
    this.#nowMs = nowMs;
  }

  get status(): RunStatus {
    const { record } = this.#facts;
    return (this.#status ??= record ? runStatusOf(record.rawStatus) : inferRunStatus(this.#executed()));
  }

  get isFinished(): boolean {
    return isTerminal(this.status);
  }

  get startedAt(): Timestamp | null {
    if (this.#startedAt !== undefined) return this.#startedAt;
    const { record, steps } = this.#facts;
    return (this.#startedAt = record?.startTime ?? earliest((steps ?? []).map((step) => step.startTime)));
  }

  get endedAt(): Timestamp | null {
    if (this.#endedAt !== undefined) return this.#endedAt;
    const { record, steps } = this.#facts;
    const latestEnd = () => (this.isFinished ? latest((steps ?? []).map((step) => step.endTime)) : null);
    return (this.#endedAt = record?.endTime ?? latestEnd());
  }

  get lastActivityAt(): Timestamp | null {
    return latest(momentsOf(this.#facts));
  }

  get wallClockMs(): number | null {
    return wallClockMs(this.#reach());
  }

  // Neither is kept: whoever holds the run would hold them beside the text that they are read from.
  get inputs(): JsonValue {
    const { record } = this.#facts;
    return record ? record.payload().inputs : inputDataOf(this.#facts.steps ? this.#executed() : []);
  }

  get outputs(): JsonValue {
    return this.#facts.record?.payload().outputs ?? null;
  }

  get steps(): readonly Step[] {
    if (this.#steps) return this.#steps;
    this.#steps = deriveSteps(this.#executed(), this.#reach(), { workflowId: this.workflowId, runId: this.id });
    // They tell all that the executions did, which need not be cached beside them.
    this.#executions = this.#steps;
    return this.#steps;
  }

  get stepCounts(): StepCounts {
    return (this.#stepCounts ??= countSteps(this.steps));
  }

  get failedSteps(): readonly Step[] {
    return (this.#failedSteps ??= failedSteps(this.steps));
  }

  get totalElapsedTime(): number {
    return (this.#totalElapsedTime ??= totalElapsedTime(this.#executed()));
  }

  get timing(): RunTiming {
    return (this.#timing ??= runTiming(this.steps, this.#reach()));
  }

  get timeline(): Timeline {
    return (this.#timeline ??= timelineOf(this.steps, this.#reach()));
  }

  get criticalPath(): CriticalPath {
    return (this.#criticalPath ??= criticalPath(this.steps, this.#facts.graph));
  }

  get progress(): Progress {
    return (this.#progress ??= progressOf(this.#executed(), this.#facts.graph, this.isFinished));
  }

  get repeatedNodes(): readonly RepeatedNode[] {
    return (this.#repeatedNodes ??= repeatedNodes(this.steps));
  }

  get tokenUsage(): RunTokenUsage {
    return (this.#tokenUsage ??= runTokenUsage(this.#executed()));
  }

  #executed(): readonly Execution[] {
    if (this.#executions) return this.#executions;
    if (this.#facts.steps) return (this.#executions = executionsOf(this.#facts.steps));
    throw new Error(`Run ${this.id} was created without its steps, and only what its record tells may be read.`);
  }

  /** From when to when the run reaches, as far as is known. */
  #reach(): RunSpan {
    if (this.#span) return this.#span;
    const now = timestampOf(this.#nowMs);
    const { startedAt, endedAt, isFinished } = this;
    const until = endedAt ?? (isFinished ? null : now);
    return (this.#span = { startedAt, until, now: isFinished && endedAt ? endedAt : now });
  }
}

/**
 * True if any answer may change with the clock alone: in an unfinished run, and in a finished one whose end is not
 * known, for there a step that still says "running" counts up to now. If false, the run may be kept.
 */
export const dependsOnNow = (run: Pick<Run, 'isFinished' | 'endedAt'>): boolean =>
  !run.isFinished || run.endedAt === null;

function momentsOf({ record, steps }: RunFacts): (Timestamp | null)[] {
  return [record, ...(steps ?? [])].flatMap((facts) => (facts ? [facts.startTime, facts.endTime] : []));
}

function inputDataOf(executions: readonly Execution[]): JsonValue {
  for (const { payload } of executions) {
    const inputData = fieldOf(payload().inputs, 'input_data');
    if (inputData !== undefined) return inputData;
  }
  return null;
}
