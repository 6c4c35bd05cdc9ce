/** What is burning: the failures of all workflows, new ones first. A workflow that cannot be read is named among them. */
import { CloudOff } from 'lucide-react';
import { Link } from 'react-router';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { graphql } from '../__generated__/gql.ts';
import { FailureList } from '../failures/failure-list.tsx';
import { momentText } from '../format/time.tsx';
import { useAnswer } from '../live/answer.ts';
import { Failure, Loading } from '../shell/notices.tsx';
import { errorsThat } from '../shell/part-errors.ts';
import { useMinute, useNow } from '../timing/now.ts';
import { spanOf, SPANS, useTimeWindow } from '../time-window/time-window.ts';
import { REFRESHED } from '../trends/refreshed.ts';
import { useUrlQuery, workflowPath } from '../url/query.ts';
import type { Directory } from './directory.ts';

export const FAILURES = graphql(`
  query Failures($workflowIds: [ID!], $startedAfter: DateTime, $last: Int!) {
    failureGroups(workflowIds: $workflowIds, startedAfter: $startedAfter, last: $last) {
      ...FailureGroup
    }
  }
`);

/** A hundred records cost the gateway a call, and so does each failed run that is not cached. */
const LAST_RUNS = 300;
const DAY = SPANS[1];

export interface HomeFailuresProps {
  readonly directory: Directory;
  /** Null: all. */
  readonly workflowId: string | null;
}

export function HomeFailures({ directory, workflowId }: HomeFailuresProps) {
  const url = useUrlQuery();
  const nowMs = useNow();
  const dayAgo = new Date(useMinute() - DAY.ms).toISOString();
  const chosen = useTimeWindow().startedAfter;
  const startedAfter = chosen ?? dayAgo;
  const words = chosen !== null && !spanOf(url) ? `since ${momentText(chosen)}` : `in ${(spanOf(url) ?? DAY).words}`;
  const {
    value: found,
    error,
    isLoading,
    retry,
  } = useAnswer(FAILURES, {
    variables: { workflowIds: workflowId === null ? directory.namedIds : [workflowId], startedAfter, last: LAST_RUNS },
    read: (data) => data.failureGroups,
    ...REFRESHED,
  });
  const groups = found?.filter((group) => group !== null) ?? [];
  const unreadable = unreadableOf(error);
  // Before the workflows are known, too many of them may be an error that naming them avoids.
  const ofList = directory.workflows || directory.error ? errorsThat(error, (one) => !isOfWorkflow(one)) : undefined;

  return (
    <>
      <p className="muted">
        Among the latest {LAST_RUNS} runs, {words}
      </p>
      {ofList && (
        <Failure
          error={ofList}
          what="failures"
          isPartial={found != null}
          onRetry={() => {
            directory.retry();
            retry();
          }}
        />
      )}
      {isLoading && !ofList && <Loading what="failures" />}
      {found && groups.length === 0 && !ofList && (
        <p className="no-failures">
          No run failed {words}
          {unreadable.size > 0 && ' in the workflows that can be read'}.
        </p>
      )}
      {(groups.length > 0 || unreadable.size > 0) && (
        <FailureList groups={groups} span={{ fromMs: Date.parse(startedAfter), toMs: nowMs }} namesWorkflow>
          {[...unreadable].map(([id, message]) => (
            <li key={id} className="unreadable">
              <p className="where">
                <span className="badge status-unknown">
                  <CloudOff aria-hidden="true" /> Can’t be read
                </span>
                <Link to={workflowPath(id)} className="workflow">
                  <bdi>{directory.nameOf(id)}</bdi>
                </Link>
              </p>
              <p className="message muted">Its runs could not be loaded: {message}</p>
            </li>
          ))}
        </FailureList>
      )}
    </>
  );
}

const isOfWorkflow = ({ extensions }: { readonly extensions?: Readonly<Record<string, unknown>> | undefined }) =>
  typeof extensions?.workflowId === 'string';

/** The workflows that lack some of their runs, each with the reason. */
function unreadableOf(error: Error | undefined): ReadonlyMap<string, string> {
  const errors = CombinedGraphQLErrors.is(error) ? error.errors.filter(isOfWorkflow) : [];
  return new Map(errors.map(({ message, extensions }) => [String(extensions?.workflowId), message]));
}
