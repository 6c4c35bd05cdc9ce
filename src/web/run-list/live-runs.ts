/** Live lists of runs: a query loads a page, and a subscription reports new and changed runs. */
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import type { OperationVariables, TypedDocumentNode } from '@apollo/client';
import { skipToken, useSubscription } from '@apollo/client/react';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { RunFilter } from '../__generated__/graphql.ts';
import { useGatewayQuery, type GatewayQueryOptions } from '../hooks/gateway-query.ts';
import { useLiveState } from '../live/connection.ts';
import { staleSince, useReportedOutage } from '../live/outages.ts';
import { useThrottled } from '../hooks/timing.ts';
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

const NO_CHANGES: ChangedRuns = { current: [], beforeGap: [] };

/** Poll interval without a live connection. */
export const ASK_EVERY_MS = 10_000;
/** A filtered list is reloaded after an event, at most this often. */
const FILTERED_EVERY_MS = 1000;
/** Maximum number of changed runs in memory. The query returns the others when it is sent again. */
const MOST_CHANGED = 1000;

interface RunConnection {
  readonly edges: readonly { readonly node: FragmentType<typeof LISTED_RUN> | null }[];
  readonly pageInfo: RunPage;
}

/** A page of runs, newest first, with the changes since. `changed` is the result of `useChangedRuns`. */
export function useRunPage<
  Data,
  Variables extends OperationVariables & { readonly filter?: RunFilter | null | undefined },
  Page extends RunConnection,
>(
  query: TypedDocumentNode<Data, Variables>,
  changed: ChangedRuns,
  question: GatewayQueryOptions<Data, Variables, Page>,
) {
  const { kind } = useLiveState();
  const answer = useGatewayQuery(query, {
    pollInterval: kind === 'unavailable' ? ASK_EVERY_MS : 0,
    keepsPrevious: true,
    ...question,
  });
  const { value: page, refetch } = answer;
  useLiveAgain(refetch);
  // Only the gateway knows which runs match a filter.
  const isFiltered = Object.values(question.variables?.filter ?? {}).some((wanted) => wanted != null);
  const refetchSoon = useThrottled(refetch, FILTERED_EVERY_MS);
  useEffect(() => {
    if (isFiltered && changed.current.length > 0) refetchSoon();
  }, [changed, isFiltered, refetchSoon]);
  const listed = page?.edges.flatMap(({ node }) => (node ? [readFragment(LISTED_RUN, node)] : [])) ?? [];
  const runs = page ? mergeRuns(listed, isFiltered ? NO_CHANGES : changed, page.pageInfo) : undefined;
  return { ...answer, page, runs };
}

/** The first event has the newest runs of each workflow, changed or not. */
type OnRuns = (runs: readonly ListedRun[], isFirst: boolean) => void;

/**
 * Collects the runs that change while the page is open, with the latest state of each run. `null` ids: the workflows
 * are not known yet.
 */
export function useChangedRuns(workflowIds: readonly string[] | null, onRuns: OnRuns): ChangedRuns {
  const { kind } = useLiveState();
  const [changed, setChanged] = useState(NO_CHANGES);
  /** Fetch time of the oldest stale run in the latest event. Runs missing from it do not keep an earlier time. */
  const [stale, setStale] = useState<string | null>(null);
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
    setStale(staleSince(runs));
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
  useReportedOutage(stale === null ? null : 'upstream', stale);
  return useMemo(() => (kind === 'unavailable' ? asBefore(changed) : changed), [kind, changed]);
}

const asBefore = ({ current, beforeGap }: ChangedRuns): ChangedRuns => ({
  current: [],
  beforeGap: latestStates([...current, ...beforeGap]).slice(0, MOST_CHANGED),
});

/**
 * `call` runs after a lost connection or a hidden tab: the first event then may not include older changes. It does not run
 * on the first connection, before which nothing was missed.
 */
function useLiveAgain(call: () => void): void {
  const { kind } = useLiveState();
  const latest = useEffectEvent(call);
  const mayLack = useRef(false);
  useEffect(() => {
    if (kind === 'off' || kind === 'connecting') return;
    if (kind === 'live' && mayLack.current) latest();
    mayLack.current = true;
  }, [kind]);
}
