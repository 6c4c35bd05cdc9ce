/** How current the run's data is. */
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { useLiveState } from '../live/connection.ts';
import { LiveMark } from '../live/live-mark.tsx';

const RUN_FRESHNESS = graphql(`
  fragment RunFreshness on Run {
    isFinished
    freshness {
      fetchedAt
      isFinal
      isStale
    }
  }
`);

interface Props {
  readonly run: FragmentType<typeof RUN_FRESHNESS>;
}

/** Whether the run is in progress and the page can follow it. Only then may clocks advance between responses. */
export function useIsMoving(masked: Props['run']): boolean {
  const { isFinished, freshness } = readFragment(RUN_FRESHNESS, masked);
  const { kind } = useLiveState();
  return !isFinished && !freshness.isStale && kind !== 'reconnecting';
}

/** Poll interval without a live connection. */
export const ASK_EVERY_MS = 2000;
export const ASK_OF_MANY_EVERY_MS = 10_000;
const FEW_STEPS = 100;

/** Statistics over all steps have no events, and grow with the number of steps. */
export const figuresEveryMs = (stepCount: number): number =>
  stepCount < FEW_STEPS ? ASK_EVERY_MS : ASK_OF_MANY_EVERY_MS;

export function RunLiveMark({ run }: Props) {
  const { freshness } = readFragment(RUN_FRESHNESS, run);
  return <LiveMark isFinal={freshness.isFinal} everyMs={ASK_EVERY_MS} />;
}
