/** A run's steps with all that follows for each of them, and the ways to filter and order them. */
import { attemptsOf } from './attempts.ts';
import { microsOf, stepDuration } from './duration.ts';
import type { Execution } from './execution.ts';
import { compareNullsLast, compareText } from './order.ts';
import { wallClockMs, type RunSpan } from './span.ts';
import type { StepStatus } from './status.ts';
import { millisBetween } from './timestamp.ts';
import type { Step, StepCounts } from './types.ts';

/** The run that steps are of. */
export type StepOf = Pick<Step, 'workflowId' | 'runId'>;

/** Takes executions in the order of `executionsOf`, and answers in it: by start (none last), then upstream index. */
export function deriveSteps(executions: readonly Execution[], span: RunSpan, of: StepOf): Step[] {
  const wallClock = wallClockMs(span);
  const gaps = new GapMeter(span);
  const latestOfNode = new Map<string, Step>();
  return attemptsOf(executions).map((attempt) => {
    const duration = stepDuration(attempt, span.now.epochMicros);
    const step: Step = {
      ...attempt,
      ...of,
      ...duration,
      previousAttempt: latestOfNode.get(attempt.nodeId) ?? null,
      offsetMs: attempt.startTime && span.startedAt && millisBetween(span.startedAt, attempt.startTime),
      gapBeforeMs: attempt.startTime && gaps.before(attempt.startTime.epochMicros, duration.durationMs),
      shareOfRun: wallClock && duration.durationMs !== null ? Math.min(1, duration.durationMs / wallClock) : null,
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
): Step[] {
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
