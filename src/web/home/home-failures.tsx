/** Failures and overdue runs of all workflows. A workflow that can't be loaded is named among them. */
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import type { GraphQLFormattedError } from 'graphql';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { FailuresQuery } from '../__generated__/graphql.ts';
import { FAILURE_GROUP, newsOf } from '../failures/failure-group.tsx';
import { FailureList } from '../failures/failure-list.tsx';
import { countOf, formatCount } from '../format/numbers.ts';
import { CloudOff } from '../shell/icons.tsx';
import { momentText } from '../time/time.tsx';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { notificationState, useNotifications } from '../notifications/notifications.ts';
import { Failure, Loading, Skeleton } from '../shell/notices.tsx';
import { errorsThat, pathOf } from '../live/errors.ts';
import { useMinute, useNow } from '../time/now.ts';
import { useInterval } from '../hooks/timing.ts';
import { spanOf, SPANS, useTimeWindow } from '../time/time-window.ts';
import { workflowLink } from '../url/links.ts';
import { useUrl } from '../url/url.ts';
import { OverdueRun } from './overdue-run.tsx';
import type { Directory } from './directory.ts';

export const FAILURES = graphql(`
  query Failures($workflowIds: [ID!], $startedAfter: DateTime) {
    failureGroups(workflowIds: $workflowIds, startedAfter: $startedAfter, last: 1000) {
      nodes {
        ...FailureGroup
      }
      runsExamined
      runsRequested
      isComplete
    }
    overdueRuns(workflowIds: $workflowIds, first: 5) {
      ...OverdueRun
    }
  }
`);

const DAY = SPANS[1];

/** Number of rows when the list was last shown: after a return, the runs below must not move while it loads. */
const lastShown = { rows: 2 };

type Examined = Pick<NonNullable<FailuresQuery['failureGroups']>, 'runsExamined' | 'runsRequested' | 'isComplete'>;

export interface HomeFailuresProps {
  readonly directory: Directory;
  /** `null` for all. */
  readonly workflowId: string | null;
}

export function HomeFailures({ directory, workflowId }: HomeFailuresProps) {
  const span = spanOf(useUrl().params);
  const nowMs = useNow();
  const dayAgo = new Date(useMinute() - DAY.ms).toISOString();
  const chosen = useTimeWindow().startedAfter;
  const startedAfter = chosen ?? dayAgo;
  const words = chosen !== null && !span ? `since ${momentText(chosen)}` : `in ${(span ?? DAY).words}`;
  const ids = workflowId === null ? directory.namedIds : [workflowId];
  const {
    value: answered,
    error: latestError,
    refetch,
  } = useGatewayQuery(FAILURES, {
    variables: { workflowIds: ids, startedAfter },
    read: (data) => (data.failureGroups ? data : null),
    ...REFRESHED,
  });
  // Before the workflows are known, too many of them may be an error that naming them avoids.
  const error = directory.workflows || directory.error ? latestError : undefined;
  const found = answered?.failureGroups;
  const overdue = answered?.overdueRuns?.filter((run) => run !== null) ?? [];
  const groups = found?.nodes ?? [];
  const [rowsBefore] = useState(lastShown.rows);
  useNotifications(found && groups.map(newsOf));
  // In the background nothing else requests failures.
  useInterval(() => {
    if (document.hidden && notificationState() === 'on') refetch();
  }, REFRESHED.pollInterval);
  const unreadable = unreadableOf(error, (id) =>
    groups.some((group) => readFragment(FAILURE_GROUP, group).workflow.id === id),
  );
  const rows = groups.length + overdue.length + unreadable.size;
  useEffect(() => {
    if (found) lastShown.rows = rows;
  }, [found, rows]);
  // An overdue run is listed even without its steps.
  const ofList = errorsThat(error, (one) => !isOfWorkflow(one) && pathOf(one)[2] !== 'steps');
  // "No run failed" would look like good news.
  if (workflowId === null && directory.workflows?.length === 0) {
    return <p className="no-failures">No failures to show: this key sees no workflows.</p>;
  }

  return (
    <>
      <p className="muted">{found ? examinedText(found, words) : `Runs ${words}`}</p>
      {ofList && (
        <Failure
          error={ofList}
          what="failures"
          isPartial={found != null}
          onRetry={() => {
            directory.refetch();
            refetch();
          }}
        />
      )}
      {!found &&
        !ofList &&
        (rowsBefore === 0 ? <Loading what="failures" /> : <Skeleton what="failures" rows={rowsBefore} of="failures" />)}
      {found && groups.length === 0 && !ofList && (
        <p className="no-failures">
          No run failed {words}
          {unreadable.size > 0 && ' in the workflows that can be read'}.
        </p>
      )}
      {rows > 0 && (
        <FailureList groups={groups} span={{ fromMs: Date.parse(startedAfter), toMs: nowMs, words }} namesWorkflow>
          {overdue.map((run, index) => (
            <OverdueRun key={index} run={run} nameOf={directory.nameOf} />
          ))}
          {[...unreadable].map(([id, { message, isPartial }]) => (
            <li key={id} className="toolbar">
              <span className="badge status-unknown">
                <CloudOff /> {isPartial ? 'Read in part' : 'Can’t be read'}
              </span>
              <Link to={workflowLink(id)}>
                <bdi>{directory.nameOf(id)}</bdi>
              </Link>
              <span className="muted">
                {isPartial ? 'Not all of its failed runs' : 'Its runs'} could not be loaded: {message}
              </span>
            </li>
          ))}
        </FailureList>
      )}
    </>
  );
}

/** Says which runs the list is based on. */
function examinedText({ runsExamined, runsRequested, isComplete }: Examined, words: string): string {
  const runs = `${isComplete ? '' : 'the latest '}${countOf(runsRequested, 'run')} ${words}`;
  return runsExamined === runsRequested ? `Of ${runs}` : `Of ${runs}, ${formatCount(runsExamined)} of them read`;
}

const isOfWorkflow = ({ extensions }: GraphQLFormattedError): boolean => typeof extensions?.workflowId === 'string';

/** The workflows whose runs are partly missing, each with the reason. `isInPart`: some of its failures are shown. */
function unreadableOf(error: Error | undefined, isInPart: (workflowId: string) => boolean) {
  const errors = CombinedGraphQLErrors.is(error) ? error.errors.filter(isOfWorkflow) : [];
  return new Map(
    errors.map(({ message, extensions }) => {
      const id = String(extensions?.workflowId);
      return [id, { message, isPartial: isInPart(id) }];
    }),
  );
}
