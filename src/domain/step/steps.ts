/** A run's steps with all that follows for each of them, and the ways to filter and order them. */
import { attemptsOf } from './attempts.ts';
import { microsOf, stepDuration } from './duration.ts';
import type { Execution } from './execution.ts';
import { compareNullsLast, compareText } from '../order.ts';
import { wallClockMs, type RunSpan } from '../run/span.ts';
import type { StepStatus } from '../status.ts';
import { millisBetween } from '../timestamp.ts';
import type { Step, StepCounts } from '../types.ts';

/** The run that steps are of. */
export type StepOf = Pick<Step, 'workflowId' | 'runId'>;

/** Takes executions in the order of `executionsOf`, and answers in it: by start (none last), then upstream index. */
export function deriveSteps(executions: readonly Execution[], span: RunSpan, of: StepOf): Step[] {
  const wallClock = wallClockMs(span);
  const gaps = new GapMeter(span);
  const latestOfNode = new Map<string, Step>();
  return attemptsOf(executions).map(({ execution, attempt, attemptCount, attemptKind, isSuperseded }) => {
    const duration = stepDuration(execution, span.now.epochMicros);
    const { startTime } = execution;
    // Written out: an object that others are spread into takes half as much room again, and steps are most of a run.
    const step: Step = {
      workflowId: of.workflowId,
      runId: of.runId,
      id: execution.id,
      nodeId: execution.nodeId,
      userId: execution.userId,
      organizationId: execution.organizationId,
      status: execution.status,
      rawStatus: execution.rawStatus,
      isFinished: execution.isFinished,
      startTime,
      endTime: execution.endTime,
      elapsedTime: execution.elapsedTime,
      durationMs: duration.durationMs,
      durationSource: duration.durationSource,
      clockSkewDetected: duration.clockSkewDetected,
      offsetMs: startTime && span.startedAt && millisBetween(span.startedAt, startTime),
      gapBeforeMs: startTime && gaps.before(startTime.epochMicros, duration.durationMs),
      shareOfRun: wallClock && duration.durationMs !== null ? Math.min(1, duration.durationMs / wallClock) : null,
      error: execution.error,
      payload: execution.payload,
      tokens: execution.tokens,
      attempt,
      attemptCount,
      attemptKind,
      isSuperseded,
      previousAttempt: latestOfNode.get(execution.nodeId) ?? null,
      index: execution.index,
    };
    latestOfNode.set(step.nodeId, step);
    return step;
  });
}

/** Takes steps in order of start. Steps that start together see the same gap: none of them started before another. */
class GapMeter {
  #start = -Infinity;
  #latestEndBefore: number | null = null;
  #latestEnd: number | null = null;

  constructor(span: RunSpan) {
    this.#latestEnd = span.startedAt?.epochMicros ?? null;
  }

  /** Milliseconds from the latest end among the steps that started earlier (or the run's start); at least 0. */
  before(startMicros: number, durationMs: number | null): number {
    if (startMicros > this.#start) {
      this.#start = startMicros;
      this.#latestEndBefore = this.#latestEnd;
    }
    const end = startMicros + microsOf(durationMs ?? 0);
    this.#latestEnd = Math.max(this.#latestEnd ?? end, end);
    return Math.max(0, startMicros - (this.#latestEndBefore ?? startMicros)) / 1000;
  }
}

export function countSteps(steps: readonly Pick<Step, 'status'>[]): StepCounts {
  const byStatus = Map.groupBy(steps, (step) => step.status);
  const count = (status: StepStatus): number => byStatus.get(status)?.length ?? 0;
  return {
    total: steps.length,
    pending: count('PENDING'),
    running: count('RUNNING'),
    completed: count('COMPLETED'),
    failed: count('FAILED'),
    cancelled: count('CANCELLED'),
    skipped: count('SKIPPED'),
    unknown: count('UNKNOWN'),
  };
}

/** Every given condition must hold; null and absent ones hold always, an empty list never. */
export interface StepFilter {
  readonly status?: readonly StepStatus[] | null | undefined;
  readonly nodeId?: readonly string[] | null | undefined;
  readonly failedOnly?: boolean | null | undefined;
}

export interface StepOrder {
  readonly field: 'START_TIME' | 'DURATION' | 'NODE_ID';
  readonly direction: 'ASC' | 'DESC';
}

/** Steps that tie keep their order in both directions; those without a start or a duration come last in both. */
export function selectSteps(
  steps: readonly Step[],
  filter: StepFilter | null | undefined,
  order: StepOrder | null | undefined,
): readonly Step[] {
  if (!filter && !order) return steps;
  const statuses = filter?.status && new Set(filter.status);
  const nodeIds = filter?.nodeId && new Set(filter.nodeId);
  const selected = steps.filter(
    (step) =>
      (!statuses || statuses.has(step.status)) &&
      (!nodeIds || nodeIds.has(step.nodeId)) &&
      (!filter?.failedOnly || step.status === 'FAILED'),
  );
  return order ? selected.sort(comparatorOf(order)) : selected;
}

function comparatorOf({ field, direction }: StepOrder): (a: Step, b: Step) => number {
  const sign = direction === 'ASC' ? 1 : -1;
  if (field === 'NODE_ID') return (a, b) => sign * compareText(a.nodeId, b.nodeId);
  const key = (step: Step): number | null => {
    const value = field === 'DURATION' ? step.durationMs : (step.startTime?.epochMicros ?? null);
    return value === null ? null : sign * value;
  };
  return (a, b) => compareNullsLast(key(a), key(b));
}
