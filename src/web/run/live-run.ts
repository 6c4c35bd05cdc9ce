/**
 * Keeps a run that goes on up to date: each event brings what changed, and the cache puts it in its place. What an event does not
 * bring (errors, figures over all steps, the critical path) is asked for now and then.
 */
import { useEffect, useMemo, useState } from 'react';
import type { ApolloClient } from '@apollo/client';
import { skipToken, useApolloClient, useSubscription } from '@apollo/client/react';
import { readFragment } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import type { RunUpdatedSubscription } from '../__generated__/graphql.ts';
import { ask, type RunQuestion, type RunVariables } from './ask.ts';
import { withNew } from './new-steps.ts';
import { createPace, type Pace } from './pace.ts';
import { RUN } from './run-query.ts';
import { LISTED_STEP, RUN_STEPS } from './steps.ts';

const RUN_UPDATED = graphql(`
  subscription RunUpdated($workflowId: ID!, $id: ID!) {
    runUpdated(workflowId: $workflowId, id: $id) {
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
      changedSteps {
        ...ListedStep
      }
    }
  }
`);

const FAILURES_QUERY = graphql(`
  query RunFailuresAgain($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      freshness {
        fetchedAt
      }
      ...FailedSteps
    }
  }
`);

const FIGURES_QUERY = graphql(`
  query RunFiguresAgain($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      freshness {
        fetchedAt
      }
      ...RunFigures
    }
  }
`);

/** These grow with the number of steps. */
const FIGURES_EVERY_MS = 10_000;
const FAILURES_EVERY_MS = 2000;

type Told = RunUpdatedSubscription['runUpdated'];

/** What could not be had of what an event does not bring. */
export interface Missed {
  readonly error: Error | null;
  readonly retry: () => void;
}

export function useLiveRun({ workflowId, id }: RunVariables, isWanted: boolean): Missed {
  const client = useApolloClient();
  const [error, setError] = useState<Error | null>(null);
  const follower = useMemo(() => createFollower(client, { workflowId, id }, setError), [client, workflowId, id]);
  useEffect(
    () => () => {
      follower.close();
    },
    [follower],
  );
  useSubscription(
    RUN_UPDATED,
    isWanted
      ? {
          variables: { workflowId, id },
          // What it tells goes into the cache, and reaches the page's query from there.
          ignoreResults: true,
          errorPolicy: 'all',
          onData: ({ data: { data } }) => {
            if (data) follower.take(data.runUpdated);
          },
        }
      : skipToken,
  );
  return { error, retry: follower.retry };
}

function createFollower(client: ApolloClient, variables: RunVariables, onMissed: (error: Error | null) => void) {
  const missed = new Map<unknown, Error>();

  const asked = (query: RunQuestion, everyMs: number): Pace =>
    createPace(
      () => ask(client, query, variables),
      everyMs,
      (error) => {
        if (error) missed.set(query, error);
        else if (query === RUN) missed.clear();
        else missed.delete(query);
        onMissed(missed.values().next().value ?? null);
      },
    );

  const figures = asked(FIGURES_QUERY, FIGURES_EVERY_MS);
  const failures = asked(FAILURES_QUERY, FAILURES_EVERY_MS);
  const whole = asked(RUN, FIGURES_EVERY_MS);
  const from = { __typename: 'Run', ...variables };
  let startedAt: string | null | undefined;

  /** The cache has the changed steps already, but not in their list. True if they are all steps that there are. */
  function list({ changedSteps, stepCounts, timeline }: Told): boolean {
    if (!changedSteps || !timeline || !stepCounts) return true;
    let count = 0;
    client.cache.updateFragment({ from, fragment: RUN_STEPS, fragmentName: 'RunSteps' }, (held) => {
      if (!held?.steps) return undefined;
      const steps = withNew(held.steps, changedSteps, (step) => readFragment(LISTED_STEP, step));
      count = steps.filter((step) => step !== null).length;
      return { ...held, steps };
    });
    const isSameEdge = startedAt === undefined || startedAt === timeline.startedAt;
    startedAt = timeline.startedAt;
    return count === stepCounts.total && isSameEdge;
  }

  return {
    retry: () => {
      whole.want(true);
    },
    take(run: Told): void {
      const isWhole = list(run);
      const changed = run.changedSteps?.map((step) => readFragment(LISTED_STEP, step)) ?? [];
      if (run.freshness.isFinal || !isWhole) whole.want(run.freshness.isFinal);
      else if (changed.length > 0) figures.want();
      if (changed.some(({ status, attempt }) => status === 'FAILED' || attempt > 1)) failures.want();
    },
    close(): void {
      for (const pace of [figures, failures, whole]) pace.close();
      missed.clear();
      onMissed(null);
    },
  };
}
