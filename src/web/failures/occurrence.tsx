/** Whether a failure is new, how often it has occurred, and since when. */
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import { CircleAlert, CircleCheck, History } from '../shell/icons.tsx';
import { Ago } from '../time/time.tsx';
import './failures.css';

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

export function Occurrence({ group }: { readonly group: FragmentType<typeof OCCURRENCE> }) {
  const { count, affectedRate, firstSeenAt, firstSeenIsExact, lastSeenAt, ...is } = readFragment(OCCURRENCE, group);
  // A failure that occurs now and then is new although its node has completed since.
  const { word, Icon, look } = STATES[is.isNew ? 'new' : is.isResolved ? 'resolved' : 'ongoing'];
  return (
    <>
      <span className={`badge ${look}`}>
        <Icon /> {word}
      </span>
      <span className="how-often">
        <strong>{formatCount(count)}×</strong>{' '}
        {affectedRate !== null && (
          <span className="muted" title="Of the finished runs since the first failure">
            {formatShare(affectedRate)} of runs
          </span>
        )}
      </span>
      <span className="since">
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
