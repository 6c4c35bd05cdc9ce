/** Marks and notices that show how current the run's data is. */
import { CircleCheck, CloudOff, LoaderCircle, Radio } from 'lucide-react';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { Moment } from '../format/time.tsx';
import { useLiveState } from '../live/connection.ts';
import { Warning } from '../shell/notices.tsx';

const RUN_FRESHNESS = graphql(`
  fragment RunFreshness on Run {
    isFinished
    freshness {
      fetchedAt
      isFinal
      isStale
      staleReason
    }
  }
`);

interface Props {
  readonly run: FragmentType<typeof RUN_FRESHNESS>;
}

/** True while the run is in progress and the page can follow it. Only then may clocks advance between answers. */
export function useIsMoving(masked: Props['run']): boolean {
  const { isFinished, freshness } = readFragment(RUN_FRESHNESS, masked);
  const { kind } = useLiveState();
  return !isFinished && !freshness.isStale && kind !== 'reconnecting';
}

export function LiveMark({ run }: Props) {
  const { freshness } = readFragment(RUN_FRESHNESS, run);
  const { kind } = useLiveState();
  if (freshness.isFinal) {
    return (
      <span className="live-mark" title="The run is over and will not change">
        <CircleCheck aria-hidden="true" /> Final
      </span>
    );
  }
  if (freshness.isStale || kind === 'reconnecting') {
    return (
      <span className="live-mark is-lost">
        <CloudOff aria-hidden="true" /> {freshness.isStale ? 'Stale' : 'Reconnecting…'}
      </span>
    );
  }
  if (kind === 'live') {
    return (
      <span className="live-mark is-live" title="Changes show by themselves">
        <Radio aria-hidden="true" /> Live
      </span>
    );
  }
  return (
    <span className="live-mark">
      <LoaderCircle aria-hidden="true" /> {kind === 'unavailable' ? 'Asked every two seconds' : 'Connecting…'}
    </span>
  );
}

export function FreshnessNotice({ run }: Props) {
  const { freshness } = readFragment(RUN_FRESHNESS, run);
  const live = useLiveState();
  if (freshness.isStale) {
    return (
      <div className="freshness-notice">
        <Warning>
          <strong>
            Stale since <Moment at={freshness.fetchedAt} />
          </strong>
          <p>The workflow API isn’t answering; this is its last good answer. {freshness.staleReason}</p>
        </Warning>
      </div>
    );
  }
  if (live.kind === 'reconnecting' && !freshness.isFinal) {
    return (
      <div className="freshness-notice">
        <Warning>
          <strong>
            Reconnecting… Stale since <Moment at={new Date(live.since).toISOString()} />
          </strong>
          <p>The live connection was lost, and is tried again. The page may be out of date.</p>
        </Warning>
      </div>
    );
  }
  return null;
}
