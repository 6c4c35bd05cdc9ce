/** A run's steps with all that follows for each of them, and the ways to filter and order them. */
import { attemptsOf } from './attempts.ts';
import { stepDuration, type StepClock } from './duration.ts';
import { compareByStart, type Execution } from './execution.ts';
import { placementsOf } from './placement.ts';
import { hasError } from './step-error.ts';
import { compareNullsLast, compareText } from '../order.ts';
import { wallClockMs, type RunBounds } from '../run/span.ts';
import type { StepStatus } from '../status.ts';
import type { Step, StepCounts, StepDuration } from '../types.ts';

/** The run that steps are of. */
export interface StepsOf extends Pick<Step, 'workflowId' | 'runId'> {
  readonly bounds: RunBounds;
  readonly clock: StepClock;
}

/** By start (none last), then upstream index. Takes executions in the order of `executionsOf`. */
export function deriveSteps(executions: readonly Execution[], { workflowId, runId, bounds, clock }: StepsOf): Step[] {
  const wallClock = wallClockMs(bounds);
  const durations = new Map(executions.map((execution) => [execution, stepDuration(execution, clock)]));
  const placements = placementsOf(durations, bounds);
  const latestOfNode = new Map<string, Step>();
  const steps = attemptsOf(executions).map(({ execution, attempt, attemptCount, attemptKind, isSuperseded }) => {
    const duration = durations.get(execution) ?? UNKNOWN_DURATION;
    const placement = placements.get(execution);
    // Written out: an object that others are spread into takes half as much room again, and steps are most of a run.
    const step: Step = {
      workflowId,
      runId,
      id: execution.id,
      nodeId: execution.nodeId,
      userId: execution.userId,
      organizationId: execution.organizationId,
      status: execution.status,
      rawStatus: execution.rawStatus,
      isFinished: execution.isFinished,
      startTime: execution.startTime,
      endTime: execution.endTime,
      elapsedTime: execution.elapsedTime,
      durationMs: duration.durationMs,
      durationSource: duration.durationSource,
      clockSkewDetected: duration.clockSkewDetected,
      offsetMs: placement?.offsetMs ?? null,
      gapBeforeMs: placement?.gapBeforeMs ?? null,
      shareOfRun: wallClock && duration.durationMs !== null ? Math.min(1, duration.durationMs / wallClock) : null,
      error: hasError(execution.error) ? execution.error : null,
      payload: execution.payload,
      tokens: execution.tokens,
      tokenUsage: execution.tokenUsage,
      billedTokens: execution.billedTokens,
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
  return steps.sort(compareByStart);
}

const UNKNOWN_DURATION: StepDuration = {
  durationMs: null,
  durationSource: 'NONE',
  clockSkewDetected: false,
};

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

/** By their lists, which are mostly a request's: it may put a hundred thousand ids to each run of a page. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(list: readonly string[]): ReadonlySet<string> {
  const known = sets.get(list);
  if (known) return known;
  const set = new Set(list);
  sets.set(list, set);
  return set;
}

/** Steps that tie keep their order in both directions; those without a start or a duration come last in both. */
export function selectSteps(
  steps: readonly Step[],
  filter: StepFilter | null | undefined,
  order: StepOrder | null | undefined,
): readonly Step[] {
  if (!filter && !order) return steps;
  const statuses = filter?.status && setOf(filter.status);
  const nodeIds = filter?.nodeId && setOf(filter.nodeId);
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
