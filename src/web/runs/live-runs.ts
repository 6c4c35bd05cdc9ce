/**
 * Live list of the latest runs of several workflows: a query loads the list, and a subscription reports new and changed
 * runs.
 */
import { useEffect, useMemo, useRef, useState } from 'react';
import { skipToken, useSubscription } from '@apollo/client/react';
import type { GraphQLFormattedError } from 'graphql';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { RecentRunsQueryVariables } from '../__generated__/graphql.ts';
import { useAnswer } from '../live/answer.ts';
import { useLiveState } from '../live/connection.ts';
import { useLiveAgain } from '../live/live-again.ts';
import { errorsThat, pathOf } from '../shell/part-errors.ts';
import { latestStates, mergeRuns, type ChangedRuns, type ListedRun } from './merged-runs.ts';

export const LISTED_RUN = graphql(`
  fragment ListedRun on Run {
    id
    workflowId
    status
    statusIsInferred
    isFinished
    startedAt
    wallClockMs
    error
    freshness {
      isStale
      fetchedAt
    }
  }
`);

const RECENT_RUNS = graphql(`
  query RecentRuns($first: Int!, $after: String, $filter: RunFilter, $workflowIds: [ID!]) {
    recentRuns(first: $first, after: $after, filter: $filter, workflowIds: $workflowIds) {
      nodes {
        ...ListedRun
      }
      unavailableWorkflows {
        id
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        endCursor
      }
    }
  }
`);

const RUNS_UPDATED = graphql(`
  subscription RunsUpdated($workflowIds: [ID!]) {
    runsUpdated(workflowIds: $workflowIds) {
      ...ListedRun
    }
  }
`);

/** Poll interval without a live connection. */
const ASK_EVERY_MS = 10_000;
/** Limit of the changed runs in memory. The query returns the others when it is sent again. */
const MOST_CHANGED = 1000;

/** `isFirst`: the first event has the newest runs of each workflow, changed or not. */
export type OnRuns = (runs: readonly ListedRun[], isFirst: boolean) => void;

/** Calls `onRuns` with new and changed runs. Null ids: the workflows are not known yet. */
export function useRunsUpdated(workflowIds: readonly string[] | null, onRuns: OnRuns): void {
  const isFirst = useRef(true);
  useSubscription(
    RUNS_UPDATED,
    workflowIds && workflowIds.length > 0
      ? {
          variables: { workflowIds: [...workflowIds] },
          ignoreResults: true,
          errorPolicy: 'all',
          onData: ({ data: { data } }) => {
            if (!data) return;
            onRuns(readFragment(LISTED_RUN, data.runsUpdated), isFirst.current);
            isFirst.current = false;
          },
        }
      : skipToken,
  );
}

/** `changed` is the result of `useChangedRuns`. */
export function useRecentRuns(variables: RecentRunsQueryVariables, changed: ChangedRuns) {
  const { kind } = useLiveState();
  const {
    value: page,
    error,
    retry,
  } = useAnswer(RECENT_RUNS, {
    variables,
    read: (data) => data.recentRuns,
    isWhole: ({ unavailableWorkflows }) => unavailableWorkflows.length === 0,
    everyMs: kind === 'unavailable' ? ASK_EVERY_MS : 0,
    keepsPrevious: true,
  });
  useLiveAgain(retry);
  const { filter } = variables;
  const runs = useMemo(() => {
    if (!page) return undefined;
    const listed = page.nodes.flatMap((node) => (node ? [readFragment(LISTED_RUN, node)] : []));
    return mergeRuns(listed, changed, filter ?? {}, page.pageInfo);
  }, [page, changed, filter]);
  const unavailableIds = page?.unavailableWorkflows.map(({ id }) => id) ?? [];
  return {
    /** Newest first. Undefined until the first answer. */
    runs,
    /** Error of the whole list. Errors of single workflows and runs are shown with them. */
    error: errorsThat(error, isOfList),
    hasMore: page?.pageInfo.hasNextPage ?? false,
    endCursor: page?.pageInfo.endCursor ?? null,
    unavailableIds,
    retry,
  };
}

const isOfList = (error: GraphQLFormattedError): boolean =>
  error.extensions?.workflowId === undefined && pathOf(error).length <= 3;

/** Collects the runs that change while the page is open, with the latest state of each run. */
export function useChangedRuns(workflowIds: readonly string[] | null, onRuns: OnRuns): ChangedRuns {
  const { kind } = useLiveState();
  const [changed, setChanged] = useState<ChangedRuns>({ current: [], beforeGap: [] });
  const hasGap = useRef(false);
  useEffect(() => {
    if (kind !== 'live') hasGap.current = true;
  }, [kind]);
  useRunsUpdated(workflowIds, (runs, isFirst) => {
    const isAfterGap = hasGap.current;
    hasGap.current = false;
    setChanged((before) => {
      const { current, beforeGap } = isAfterGap ? asBefore(before) : before;
      return { current: latestStates([...runs, ...current]).slice(0, MOST_CHANGED), beforeGap };
    });
    onRuns(runs, isFirst);
  });
  return useMemo(() => (kind === 'unavailable' ? asBefore(changed) : changed), [kind, changed]);
}

const asBefore = ({ current, beforeGap }: ChangedRuns): ChangedRuns => ({
  current: [],
  beforeGap: latestStates([...current, ...beforeGap]).slice(0, MOST_CHANGED),
});
