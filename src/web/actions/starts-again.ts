/** Starts new runs with the inputs of failed ones, one after the other, each with its own idempotency key. */
import { useEffect, useRef, useState } from 'react';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { useApolloClient } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import type { ExecuteWorkflowMutation, ExecuteWorkflowMutationVariables } from '../__generated__/graphql.ts';
import { KeyedRequest } from '../hooks/keyed-request.ts';
import { isRetryable, messageOf } from '../live/errors.ts';
import type { RunIds } from '../url/links.ts';
import { problemOf, textOf } from '../workflow/inputs-text.ts';
import { EXECUTE } from '../workflow/run-start.ts';

const INPUTS = graphql(`
  query InputsToRepeat($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      isRedacted
      inputs
    }
  }
`);

export type Outcome =
  | { readonly kind: 'starting' }
  | { readonly kind: 'started'; readonly run: RunIds }
  /** `isFinal`: a retry would fail again. */
  | { readonly kind: 'failed'; readonly text: string; readonly isFinal: boolean };

type Start = KeyedRequest<ExecuteWorkflowMutation, ExecuteWorkflowMutationVariables>;

const refusal = (text: string): Outcome => ({ kind: 'failed', text, isFinal: true });

export function useStartsAgain() {
  const client = useApolloClient();
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  const [isStarting, setIsStarting] = useState(false);
  const underWay = useRef<AbortController | null>(null);
  const starts = useRef(new Map<string, Start>());
  const stop = (): void => underWay.current?.abort();
  useEffect(() => stop, []);

  function startOf(id: string): Start {
    const start = starts.current.get(id) ?? new KeyedRequest(client, EXECUTE);
    starts.current.set(id, start);
    return start;
  }

  async function outcomeOf({ workflowId, id }: RunIds): Promise<Outcome> {
    try {
      const { data } = await client.query({ query: INPUTS, variables: { workflowId, id }, fetchPolicy: 'no-cache' });
      const failed = data?.run;
      if (failed?.inputs == null) return refusal('Its inputs are unknown.');
      const problem = problemOf(textOf(failed.inputs), failed.isRedacted === true);
      if (problem !== null) return refusal(problem);
      const started = await startOf(id).send({ workflowId, inputs: failed.inputs });
      const run = started?.executeWorkflow?.run;
      return run ? { kind: 'started', run } : refusal('The gateway didn’t say which run started.');
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const hint = CombinedGraphQLErrors.is(error) ? '' : ' If it has started, trying again leads to the same run.';
      return { kind: 'failed', text: messageOf(error) + hint, isFinal: !isRetryable(error) };
    }
  }

  /** Continues until all have started, `stop` is called, or an error affects the remaining runs as well. */
  async function startAll(runs: readonly RunIds[]): Promise<void> {
    if (underWay.current) return;
    const { signal } = (underWay.current = new AbortController());
    setIsStarting(true);
    for (const run of runs) {
      if (signal.aborted) break;
      const put = (outcome: Outcome): void => setOutcomes((before) => new Map(before).set(run.id, outcome));
      put({ kind: 'starting' });
      const outcome = await outcomeOf(run);
      put(outcome);
      if (outcome.kind === 'failed' && !outcome.isFinal) stop();
    }
    underWay.current = null;
    setIsStarting(false);
  }

  return {
    outcomes,
    isStarting,
    /** The runs that a retry could start. */
    left: (runs: readonly RunIds[]) =>
      runs.filter(({ id }) => {
        const outcome = outcomes.get(id);
        return !outcome || (outcome.kind === 'failed' && !outcome.isFinal);
      }),
    start: (runs: readonly RunIds[]): void => void startAll(runs),
    stop,
  };
}
