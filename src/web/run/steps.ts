/** The steps of a run as the page lists and draws them. */
import { graphql } from '../__generated__/gql.ts';
import type { ListedStepFragment } from '../__generated__/graphql.ts';

export const LISTED_STEP = graphql(`
  fragment ListedStep on Step {
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
    tokenUsage {
      totalTokens
    }
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

/**
 * A step of a run that goes on, as of the run's latest news: a step is told again when it changes, and meanwhile the clock goes on. Its
 * share of a run that is not over says nothing.
 */
export function asOfNow(step: ListedStep, runMs: number | null): ListedStep {
  const hasGrown = isGrowing(step, false) && step.offsetMs !== null && runMs !== null;
  const durationMs = hasGrown ? Math.max(0, runMs - step.offsetMs) : step.durationMs;
  return { ...step, durationMs, shareOfRun: null };
}

export const isGrowing = ({ durationSource }: ListedStep, isFinished: boolean): boolean =>
  durationSource === 'LIVE' && !isFinished;
