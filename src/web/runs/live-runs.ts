/** Live lists of runs: a query loads a page, and a subscription reports new and changed runs. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { OperationVariables, TypedDocumentNode } from '@apollo/client';
import { skipToken, useSubscription } from '@apollo/client/react';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { RunFilter } from '../__generated__/graphql.ts';
import { useAnswer, type Question } from '../live/answer.ts';
import { useLiveState } from '../live/connection.ts';
import { useLiveAgain } from '../live/live-again.ts';
import { latestStates, mergeRuns, type ChangedRuns, type ListedRun, type RunPage } from './merged-runs.ts';

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

const RUNS_UPDATED = graphql(`
  subscription RunsUpdated($workflowIds: [ID!]) {
    runsUpdated(workflowIds: $workflowIds) {
      runs {
        ...ListedRun
      }
    }
  }
`);

/** Poll interval without a live connection. */
const ASK_EVERY_MS = 10_000;
/** Limit of the changed runs in memory. The query returns the others when it is sent again. */
const MOST_CHANGED = 1000;

interface RunConnection {
  readonly nodes: readonly (FragmentType<typeof LISTED_RUN> | null)[];
  readonly pageInfo: RunPage;
}

/** A page of runs, newest first, with the changes since. `changed` is the result of `useChangedRuns`. */
export function useRunPage<
  Data,
  Variables extends OperationVariables & { readonly filter?: RunFilter | null | undefined },
  Page extends RunConnection,
>(query: TypedDocumentNode<Data, Variables>, changed: ChangedRuns, question: Question<Data, Variables, Page>) {
  const { kind } = useLiveState();
  const answer = useAnswer(query, {
    everyMs: kind === 'unavailable' ? ASK_EVERY_MS : 0,
    keepsPrevious: true,
    ...question,
  });
  const { value: page, retry } = answer;
  useLiveAgain(retry);
  const listed = page?.nodes.flatMap((node) => (node ? [readFragment(LISTED_RUN, node)] : [])) ?? [];
  const runs = page ? mergeRuns(listed, changed, question.variables?.filter ?? {}, page.pageInfo) : undefined;
  /** Undefined if no run is stale. */
  const staleSince = runs?.flatMap(({ freshness }) => (freshness.isStale ? [freshness.fetchedAt] : [])).sort()[0];
  return { ...answer, page, runs, staleSince };
}

/** The first event has the newest runs of each workflow, changed or not. */
type OnRuns = (runs: readonly ListedRun[], isFirst: boolean) => void;

/**
 * Collects the runs that change while the page is open, with the latest state of each run. Null ids: the workflows are
 * not known yet.
 */
export function useChangedRuns(workflowIds: readonly string[] | null, onRuns: OnRuns): ChangedRuns {
  const { kind } = useLiveState();
  const [changed, setChanged] = useState<ChangedRuns>({ current: [], beforeGap: [] });
  const hasGap = useRef(false);
  const isFirst = useRef(true);
  useEffect(() => {
    if (kind !== 'live') hasGap.current = true;
  }, [kind]);
  function onEvent(runs: readonly ListedRun[]): void {
    const isAfterGap = hasGap.current;
    hasGap.current = false;
    setChanged((before) => {
      const { current, beforeGap } = isAfterGap ? asBefore(before) : before;
      return { current: latestStates([...runs, ...current]).slice(0, MOST_CHANGED), beforeGap };
    });
    onRuns(runs, isFirst.current);
    isFirst.current = false;
  }
  useSubscription(
    RUNS_UPDATED,
    workflowIds && workflowIds.length > 0
      ? {
          variables: { workflowIds: [...workflowIds] },
          ignoreResults: true,
          errorPolicy: 'all',
          onData: ({ data: { data } }) => {
            if (data) onEvent(readFragment(LISTED_RUN, data.runsUpdated.runs));
          },
        }
      : skipToken,
  );
  return useMemo(() => (kind === 'unavailable' ? asBefore(changed) : changed), [kind, changed]);
}

const asBefore = ({ current, beforeGap }: ChangedRuns): ChangedRuns => ({
  current: [],
  beforeGap: latestStates([...current, ...beforeGap]).slice(0, MOST_CHANGED),
});
