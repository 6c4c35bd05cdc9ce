/** Starts a run once, however often it is pressed, and goes to it. */
import { useEffect, useRef } from 'react';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { useMutation } from '@apollo/client/react';
import { useNavigate } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { isRetryable } from '../live/retryable.ts';
import { runPath } from '../url/query.ts';

const EXECUTE = graphql(`
  mutation ExecuteWorkflow($workflowId: ID!, $inputs: JSON, $idempotencyKey: String) {
    executeWorkflow(workflowId: $workflowId, inputs: $inputs, idempotencyKey: $idempotencyKey) {
      message
      run {
        id
        workflowId
      }
    }
  }
`);

interface Attempt {
  readonly text: string;
  readonly key: string;
}

export function useRunStart(workflowId: string) {
  const navigate = useNavigate();
  const [execute, { loading, error }] = useMutation(EXECUTE, { errorPolicy: 'none' });
  // One key for each start, kept until the gateway has answered it: where an answer is lost, the next try asks for the same run.
  const attempt = useRef<Attempt | null>(null);
  const isUnderWay = useRef(false);
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);

  async function startWith({ text, key }: Attempt): Promise<void> {
    const inputs: unknown = text.trim() === '' ? null : JSON.parse(text);
    const { data } = await execute({ variables: { workflowId, inputs, idempotencyKey: key } });
    // Without errors there is a run. A reader who has left the form stays where they are.
    const run = data.executeWorkflow?.run;
    if (run && isShown.current) await navigate(runPath(run.workflowId, run.id));
  }

  return {
    isStarting: loading,
    error,
    /** True if the gateway has not answered the last start. */
    isUnanswered: error !== undefined && !CombinedGraphQLErrors.is(error),
    /** The text is JSON, or empty. */
    start(text: string): void {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      if (attempt.current?.text !== text) attempt.current = { text, key: randomKey() };
      startWith(attempt.current)
        .catch((refused: unknown) => {
          // It is shown from the mutation's own state. What is refused for the moment says nothing of an earlier try.
          if (CombinedGraphQLErrors.is(refused) && !isRetryable(refused)) attempt.current = null;
        })
        .finally(() => {
          isUnderWay.current = false;
        });
    },
  };
}

/** Not `randomUUID`: over plain HTTP a browser does not have it. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
