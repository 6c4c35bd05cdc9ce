/** Live updates of a run: each event has the changed fields, and the cache merges them. */
import { useRef } from 'react';
import { skipToken, useApolloClient, useSubscription } from '@apollo/client/react';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { RunUpdatedSubscription } from '../__generated__/graphql.ts';
import { useInterval } from '../hooks/timing.ts';
import { withNew } from './new-steps.ts';
import { LISTED_STEP, RUN_STEPS } from './steps.ts';

const RUN_UPDATED = graphql(`
  subscription RunUpdated($workflowId: ID!, $id: ID!) {
    runUpdated(workflowId: $workflowId, id: $id) {
      run {
        ...RunView
        freshness {
          isFinal
          fetchedAt
        }
        stepCounts {
          total
        }
        timeline {
          startedAt
        }
      }
      changedSteps {
        ...ListedStep
      }
    }
  }
`);

export interface RunVariables {
  readonly workflowId: string;
  readonly id: string;
}

interface Listeners {
  /** Cached steps are missing, or the start of the timeline has moved. */
  readonly onGap: () => void;
  /** A step failed, or a retry changed. */
  readonly onFailure: () => void;
  readonly onEnd: () => void;
}

export function useLiveRun({ workflowId, id }: RunVariables, isWanted: boolean, listeners: Listeners): void {
  const { cache } = useApolloClient();
  const from = { __typename: 'Run', workflowId, id };
  const startedAt = useRef<string | null>(undefined);

  /** Adds changed steps to the cached list. Returns false if steps are missing or the start of the timeline has moved. */
  function list({ run, changedSteps }: RunUpdatedSubscription['runUpdated']): boolean {
    const { stepCounts, timeline } = run;
    if (!changedSteps || !timeline || !stepCounts) return true;
    let count = 0;
    cache.updateFragment({ from, fragment: RUN_STEPS, fragmentName: 'RunSteps' }, (cached) => {
      if (!cached?.steps) return undefined;
      const steps = withNew(cached.steps, changedSteps, (step) => readFragment(LISTED_STEP, step));
      count = steps.filter((step) => step !== null).length;
      return { ...cached, steps };
    });
    const isSameEdge = startedAt.current === undefined || startedAt.current === timeline.startedAt;
    startedAt.current = timeline.startedAt;
    return count === stepCounts.total && isSameEdge;
  }

  useSubscription(
    RUN_UPDATED,
    isWanted
      ? {
          variables: { workflowId, id },
          // Events go into the cache, and the page's queries read them from there.
          ignoreResults: true,
          errorPolicy: 'all',
          onData: ({ data: { data } }) => {
            if (!data) return;
            const { run, changedSteps } = data.runUpdated;
            const changed = changedSteps?.map((step) => readFragment(LISTED_STEP, step)) ?? [];
            const isWhole = list(data.runUpdated);
            if (run.freshness.isFinal) listeners.onEnd();
            else if (!isWhole) listeners.onGap();
            if (changed.some(({ status, attempt }) => status === 'FAILED' || attempt > 1)) listeners.onFailure();
          },
        }
      : skipToken,
  );
}

/** Without `isFinal`: the tab loads the other changes when it is shown. */
const RUN_STATUS = graphql(`
  query RunStatus($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      freshness {
        fetchedAt
      }
      status
      isFinished
    }
  }
`);

const ASK_HIDDEN_EVERY_MS = 30_000;

/** Polls the status of a run in a hidden tab, which has no live connection, for the title and icon of the tab. */
export function useHiddenStatus({ workflowId, id }: RunVariables, isWanted: boolean): void {
  const client = useApolloClient();
  async function ask(): Promise<void> {
    const { data } = await client.query({ query: RUN_STATUS, variables: { workflowId, id }, fetchPolicy: 'no-cache' });
    // A response without the run must not clear the cached run.
    if (data?.run) client.cache.writeQuery({ query: RUN_STATUS, variables: { workflowId, id }, data });
  }
  useInterval(
    () => {
      if (document.hidden) void ask();
    },
    isWanted ? ASK_HIDDEN_EVERY_MS : null,
  );
}
