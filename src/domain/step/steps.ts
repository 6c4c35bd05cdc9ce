/** Derived data of a run's steps, and their filters and orders. */
import { measureStep, type StepClock } from './duration.ts';
import type { StepDraft } from './execution.ts';
import { placeSteps } from './placement.ts';
import { stepCost } from '../cost/cost.ts';
import type { PriceList } from '../cost/prices.ts';
import { compareNullsLast, compareText } from '../order.ts';
import { wallClockMs, type RunBounds } from '../run/span.ts';
import type { StepStatus } from '../status.ts';
import type { Step, StepCounts } from '../types.ts';

export interface StepsOf extends Pick<Step, 'workflowId' | 'runId'> {
  readonly isRunOver: boolean;
  readonly bounds: RunBounds;
  readonly clock: StepClock;
}

/** Sets the data that depends on the run. Expects and keeps the order of `executionsOf`. */
export function deriveSteps(
  steps: readonly StepDraft[],
  { workflowId, runId, isRunOver, bounds, clock }: StepsOf,
): void {
  const wallClock = wallClockMs(bounds);
  for (const step of steps) {
    step.workflowId = workflowId;
    step.runId = runId;
    step.isAnswerable = step.status === 'WAITING' && !isRunOver;
    measureStep(step, clock);
    if (wallClock && step.durationMs !== null) step.shareOfRun = Math.min(1, step.durationMs / wallClock);
  }
  placeSteps(steps, bounds);
}

export function countSteps(steps: readonly Pick<Step, 'status'>[]): StepCounts {
  const counts = {
    total: 0,
    pending: 0,
    running: 0,
    waiting: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
    unknown: 0,
  };
  for (const { status } of steps) {
    counts.total += 1;
    counts[NAME_OF_COUNT[status]] += 1;
  }
  return counts;
}

const NAME_OF_COUNT = {
  PENDING: 'pending',
  RUNNING: 'running',
  WAITING: 'waiting',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  SKIPPED: 'skipped',
  UNKNOWN: 'unknown',
} as const;

/** All given conditions must hold. A null or missing condition always holds, an empty list never does. */
export interface StepFilter {
  readonly status?: readonly StepStatus[] | null | undefined;
  readonly nodeId?: readonly string[] | null | undefined;
  readonly failedOnly?: boolean | null | undefined;
}

export interface StepOrder {
  readonly field: 'START_TIME' | 'DURATION' | 'NODE_ID' | 'TOKENS' | 'COST';
  readonly direction: 'ASC' | 'DESC';
}

/** Sets by list: a request may apply the same 100,000 ids to each run of a page. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(list: readonly string[]): ReadonlySet<string> {
  const known = sets.get(list);
  if (known) return known;
  const set = new Set(list);
  sets.set(list, set);
  return set;
}

/** Ties keep their order in both directions. Steps without a value come last in both. */
export function selectSteps(
  steps: readonly Step[],
  filter: StepFilter | null | undefined,
  order: StepOrder | null | undefined,
  prices: PriceList | null = null,
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
  return order ? sorted(selected, order, prices) : selected;
}

function sorted(steps: readonly Step[], { field, direction }: StepOrder, prices: PriceList | null): readonly Step[] {
  const sign = direction === 'ASC' ? 1 : -1;
  if (field === 'NODE_ID') return steps.toSorted((a, b) => sign * compareText(a.nodeId, b.nodeId));
  // Values are computed once per step, since computing a cost takes longer than comparing.
  const keyed = steps.map((step) => {
    const value = valueOf(step, field, prices);
    return { step, key: value === null ? null : sign * value };
  });
  return keyed.sort((a, b) => compareNullsLast(a.key, b.key)).map(({ step }) => step);
}

function valueOf(step: Step, field: Exclude<StepOrder['field'], 'NODE_ID'>, prices: PriceList | null): number | null {
  switch (field) {
    case 'START_TIME':
      return step.startTime?.epochMicros ?? null;
    case 'DURATION':
      return step.durationMs;
    case 'TOKENS':
      return step.tokenUsage?.totalTokens ?? null;
    case 'COST':
      return (prices && stepCost(step, prices)?.amount) ?? null;
  }
}
