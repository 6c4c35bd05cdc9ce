/** The steps of a run as the page lists and draws them, and how a live run's changes come into them. */
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

type Place = Pick<ListedStep, 'id' | 'offsetMs'>;

/** Each changed step in place of the one that is held, new ones by start. Null stands for a step that can't be read. */
export function withChanged<Held>(
  held: readonly (Held | null)[],
  changed: readonly Held[],
  placeOf: (step: Held) => Place,
): (Held | null)[] {
  const latest = new Map(changed.map((step) => [placeOf(step).id, step]));
  const kept = held.map((step) => {
    const replaced = step && latest.get(placeOf(step).id);
    if (step && replaced) latest.delete(placeOf(step).id);
    return replaced ?? step;
  });
  const startOf = (step: Held | null): number => (step && placeOf(step).offsetMs) ?? Infinity;
  const readable = [...kept.filter((step) => step !== null), ...latest.values()];
  // Infinity − Infinity is no number: steps without a start stay as they stand.
  return [...readable.sort((a, b) => startOf(a) - startOf(b) || 0), ...kept.filter((step) => step === null)];
}

/** As of the run's latest news: what still runs has gone on. */
export function asOfNow(step: ListedStep, isFinished: boolean, runMs: number | null | undefined): ListedStep {
  if (!isGrowing(step, isFinished) || step.offsetMs == null || runMs == null) return step;
  return { ...step, durationMs: Math.max(0, runMs - step.offsetMs) };
}

export const isGrowing = ({ durationSource }: ListedStep, isFinished: boolean): boolean =>
  durationSource === 'LIVE' && !isFinished;
