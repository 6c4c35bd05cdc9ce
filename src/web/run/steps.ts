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
    durationSource
    offsetMs
    gapBeforeMs
    shareOfRun
    attempt
    attemptCount
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

interface Placed {
  readonly startedAt: string | null;
  readonly wallClockMs: number | null;
  readonly timeline: { readonly startedAt: string | null; readonly durationMs: number | null } | null;
}

/**
 * From the left edge of a run to now, or to its end, in milliseconds: the right edge is later where a clock is ahead, and a step starts
 * after that. Null if nothing has started.
 */
export function nowOf({ startedAt, wallClockMs, timeline }: Placed): number | null {
  if (startedAt === null || wallClockMs === null || timeline?.startedAt == null) return timeline?.durationMs ?? null;
  return Math.max(0, Date.parse(startedAt) - Date.parse(timeline.startedAt) + wallClockMs);
}

/**
 * A step of a run that goes on, as of the run's latest news: a step is told again when it changes, and meanwhile the clock goes on. Its
 * share of a run that is not over says nothing.
 */
export function asOfNow(step: ListedStep, nowMs: number | null): ListedStep {
  const hasGrown = step.durationSource === 'LIVE' && step.offsetMs !== null && nowMs !== null;
  const durationMs = hasGrown ? Math.max(0, nowMs - step.offsetMs) : step.durationMs;
  return { ...step, durationMs, shareOfRun: null };
}
