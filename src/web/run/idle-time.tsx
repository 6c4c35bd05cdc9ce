/** The time in which no step ran, with its share of the run, in amber above half of it. */
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { formatShare, NOT_REPORTED } from '../format/numbers.ts';

const IDLE_TIME = graphql(`
  fragment IdleTime on RunTiming {
    idleMs
    idleShare
  }
`);

export function IdleTime({ timing: masked }: { readonly timing: FragmentType<typeof IDLE_TIME> | null | undefined }) {
  const timing = readFragment(IDLE_TIME, masked);
  if (!timing) return NOT_REPORTED;
  const { idleMs, idleShare } = timing;
  return (
    <span className={idleShare !== null && idleShare > 0.5 ? 'amber' : undefined}>
      {formatDuration(idleMs)} {idleShare !== null && `(${formatShare(idleShare)})`}
    </span>
  );
}
