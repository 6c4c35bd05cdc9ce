/** Whether a failure is new, how often it has occurred, and since when. */
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import { CircleAlert, CircleCheck, History } from '../shell/icons.tsx';
import { Hinted } from '../shell/hinted.tsx';
import { Ago } from '../time/time.tsx';

const OCCURRENCE = graphql(`
  fragment Occurrence on FailureGroup {
    count
    affectedRate
    firstSeenAt
    firstSeenIsExact
    lastSeenAt
    isNew
    isResolved
  }
`);

const STATES = {
  new: { word: 'New', Icon: CircleAlert, look: 'status-failed' },
  ongoing: { word: 'Ongoing', Icon: History, look: 'status-cancelled' },
  resolved: { word: 'Resolved', Icon: CircleCheck, look: 'status-completed' },
} as const;

export interface OccurrenceProps {
  readonly group: FragmentType<typeof OCCURRENCE>;
  /** The runs that its rate is of. */
  readonly runs?: string;
  /** Within a sentence: `in the last 24 hours`. */
  readonly period?: string;
}

export function Occurrence({ group: masked, runs = 'runs', period = '' }: OccurrenceProps) {
  const { count, affectedRate, firstSeenAt, firstSeenIsExact, lastSeenAt, ...is } = readFragment(OCCURRENCE, masked);
  // A failure that occurs now and then is new although its node has completed since.
  const { word, Icon, look } = STATES[is.isNew ? 'new' : is.isResolved ? 'resolved' : 'ongoing'];
  return (
    <>
      <span className={`badge ${look}`}>
        <Icon /> {word}
      </span>
      <span className="how-often small">
        <strong>{formatCount(count)}×</strong>{' '}
        {affectedRate !== null && (
          <span className="muted">
            <Hinted hint={`Of the finished ${runs} ${period} since this failure began`}>
              {formatShare(affectedRate)} of {runs}
            </Hinted>
          </span>
        )}
      </span>
      <span className="since small">
        <span>
          since <Ago at={firstSeenAt} />
          {!firstSeenIsExact && ' or earlier'}
        </span>{' '}
        <span className="muted">
          last <Ago at={lastSeenAt} />
        </span>
      </span>
    </>
  );
}
