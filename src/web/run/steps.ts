/** The steps of a run as the page lists and draws them. */
import { graphql } from '../__generated__/gql.ts';
import type { ListedStepFragment } from '../__generated__/graphql.ts';

export const LISTED_STEP = graphql(`
  fragment ListedStep on Step {
    workflowId
    runId
    id
    nodeId
    status
    durationMs
    waitingMs
    durationSource
    offsetMs
    gapBeforeMs
    shareOfRun
    attempt
    attemptCount
    itemKey
    itemAttempt
    isLatest
  }
`);

export const RUN_STEPS = graphql(`
  fragment RunSteps on Run {
    steps {
      ...ListedStep
    }
  }
`);

export type ListedStep = ListedStepFragment;

/** Latest execution of each node, by node id. */
export type LatestSteps = ReadonlyMap<string, ListedStep>;

export const latestOf = (steps: readonly ListedStep[]): LatestSteps =>
  new Map(steps.filter(({ isLatest }) => isLatest).map((step) => [step.nodeId, step]));

interface Placed {
  readonly startedAt: string | null;
  readonly wallClockMs: number | null;
  readonly timeline: { readonly startedAt: string | null; readonly durationMs: number | null } | null;
}

/**
 * Milliseconds from the start of the timeline to now, or to the run's end. The timeline itself ends later if a step's clock is ahead.
 * Null if nothing has started.
 */
export function nowOf({ startedAt, wallClockMs, timeline }: Placed): number | null {
  if (startedAt === null || wallClockMs === null || timeline?.startedAt == null) return timeline?.durationMs ?? null;
  return Math.max(0, Date.parse(startedAt) - Date.parse(timeline.startedAt) + wallClockMs);
}

/**
 * A step of a running run at the time of the latest answer. Events report only changed steps, so a running step's duration is
 * computed here. The share of an unfinished run has no meaning.
 */
export function asOfNow(step: ListedStep, nowMs: number | null): ListedStep {
  const hasGrown = step.durationSource === 'LIVE' && step.offsetMs !== null && nowMs !== null;
  if (!hasGrown || step.status === 'WAITING') return { ...step, shareOfRun: null };
  return { ...step, durationMs: Math.max(0, nowMs - step.offsetMs - step.waitingMs), shareOfRun: null };
}
