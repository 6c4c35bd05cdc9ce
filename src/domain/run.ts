/** A run with everything that follows from its facts. Each part is derived when it is first asked for, and only once. */
import { criticalPath } from './critical-path.ts';
import { totalElapsedTime } from './duration.ts';
import { executionsOf, type Execution } from './execution.ts';
import { failedSteps } from './failures.ts';
import { fieldOf } from './json.ts';
import { progressOf } from './progress.ts';
import { repeatedNodes } from './repeated-nodes.ts';
import { inferRunStatus } from './run-status.ts';
import { wallClockMs, type RunSpan } from './span.ts';
import { isTerminal, runStatusOf } from './status.ts';
import { countSteps, deriveSteps } from './steps.ts';
import { timelineOf } from './timeline.ts';
import { earliest, latest, timestampOf, type Timestamp } from './timestamp.ts';
import { runTiming } from './timing.ts';
import { runTokenUsage } from './tokens.ts';
import type { JsonValue, Run, RunFacts } from './types.ts';

/**
 * `nowMs` is the request's one reading of the clock, in milliseconds since 1970.
 *
 * - A finished run takes its end for now: a step that it left behind as "running" does not count up for ever.
 * - Without a record the inputs are the `input_data` of the first step that has any, for there the upstream puts the
 *   run's own inputs; the outputs and the error are null.
 * - Where the steps were not loaded, whatever needs them throws an Error: the caller forgot to ask for them.
 */
export function createRun(facts: RunFacts, nowMs: number): Run {
  const { record, graph } = facts;

  const executions = once(() => {
    if (facts.steps) return executionsOf(facts.steps);
    throw new Error(`Run ${facts.id} was created without its steps, and only what its record tells may be read.`);
  });
  const knownExecutions = (): readonly Execution[] => (facts.steps ? executions() : []);

  const status = once(() => (record ? runStatusOf(record.rawStatus) : inferRunStatus(executions())));
  const isFinished = (): boolean => isTerminal(status());
  const startedAt = once(() => record?.startTime ?? earliest(knownExecutions().map((step) => step.startTime)));
  const endedAt = once(
    () => record?.endTime ?? (isFinished() ? latest(knownExecutions().map((step) => step.endTime)) : null),
  );
  const span = once((): RunSpan => {
    const now = timestampOf(nowMs);
    const end = endedAt();
    return { startedAt: startedAt(), until: end ?? (isFinished() ? null : now), now: isFinished() && end ? end : now };
  });

  const steps = once(() => deriveSteps(executions(), span(), { workflowId: facts.workflowId, runId: facts.id }));
  const stepCounts = once(() => countSteps(steps()));
  const failures = once(() => failedSteps(steps()));
  const elapsed = once(() => totalElapsedTime(executions()));
  const timing = once(() => runTiming(steps(), span()));
  const timeline = once(() => timelineOf(steps(), span()));
  const path = once(() => criticalPath(steps(), graph));
  const progress = once(() => progressOf(executions(), graph, isFinished()));
  const repeated = once(() => repeatedNodes(steps()));
  const tokenUsage = once(() => runTokenUsage(executions()));
  const lastActivityAt = once(() => latest(momentsOf(facts)));
  const inputs = once(() => (record ? record.inputs : inputDataOf(knownExecutions())));

  return {
    workflowId: facts.workflowId,
    id: facts.id,
    statusIsInferred: record === null,
    error: record?.error ?? null,
    outputs: record?.outputs ?? null,
    freshness: facts.freshness,
    get status() {
      return status();
    },
    get isFinished() {
      return isFinished();
    },
    get startedAt() {
      return startedAt();
    },
    get endedAt() {
      return endedAt();
    },
    get lastActivityAt() {
      return lastActivityAt();
    },
    get wallClockMs() {
      return wallClockMs(span());
    },
    get inputs() {
      return inputs();
    },
    get steps() {
      return steps();
    },
    get stepCounts() {
      return stepCounts();
    },
    get failedSteps() {
      return failures();
    },
    get totalElapsedTime() {
      return elapsed();
    },
    get timing() {
      return timing();
    },
    get timeline() {
      return timeline();
    },
    get criticalPath() {
      return path();
    },
    get progress() {
      return progress();
    },
    get repeatedNodes() {
      return repeated();
    },
    get tokenUsage() {
      return tokenUsage();
    },
  };
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
  const withInputs = executions.find((step) => fieldOf(step.inputs, 'input_data') !== undefined);
  return fieldOf(withInputs?.inputs, 'input_data') ?? null;
}

function once<T>(compute: () => T): () => T {
  let answer: { readonly value: T } | null = null;
  return () => (answer ??= { value: compute() }).value;
}
