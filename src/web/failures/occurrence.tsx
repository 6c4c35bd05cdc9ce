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
    state
    returnedAt
  }
`);

const STATES = {
  NEW: { word: 'New', Icon: CircleAlert, look: 'status-failed' },
  RETURNED: { word: 'Returned', Icon: CircleAlert, look: 'status-failed' },
  ONGOING: { word: 'Ongoing', Icon: History, look: 'status-cancelled' },
  RESOLVED: { word: 'Resolved', Icon: CircleCheck, look: 'status-completed' },
  // Not all of its runs could be read.
  UNKNOWN: { word: 'Failing', Icon: History, look: 'status-unknown' },
} as const;

export interface OccurrenceProps {
  readonly group: FragmentType<typeof OCCURRENCE>;
  /** The runs that its rate is of. */
  readonly runs?: string;
  /** Within a sentence: `in the last 24 hours`. */
  readonly period?: string;
}

export function Occurrence({ group: masked, runs = 'runs', period = '' }: OccurrenceProps) {
  const { count, affectedRate, firstSeenAt, firstSeenIsExact, lastSeenAt, state, returnedAt } = readFragment(
    OCCURRENCE,
    masked,
  );
  const { word, Icon, look } = STATES[state];
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
          {returnedAt === null ? 'since' : 'back since'} <Ago at={returnedAt ?? firstSeenAt} />
          {returnedAt === null && !firstSeenIsExact && ' or earlier'}
        </span>{' '}
        <span className="muted">
          last <Ago at={lastSeenAt} />
        </span>
      </span>
    </>
  );
}
