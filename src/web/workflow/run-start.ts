/** Starts a run once, even on repeated clicks, and opens it. */
import { useEffect, useRef } from 'react';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { useMutation } from '@apollo/client/react';
import { useNavigate } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { isRetryable } from '../live/errors.ts';
import { runLink } from '../url/links.ts';

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
  // One idempotency key per start, kept until the gateway answers: a retry after a lost answer returns the same run.
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
    // An answer without errors has a run. A reader who has left the form is not moved.
    const run = data.executeWorkflow?.run;
    if (run && isShown.current) await navigate(runLink(run));
  }

  return {
    isStarting: loading,
    error,
    /** True if the gateway did not answer the last start. */
    isUnanswered: error !== undefined && !CombinedGraphQLErrors.is(error),
    /** `text` is JSON or empty. */
    start(text: string): void {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      if (attempt.current?.text !== text) attempt.current = { text, key: randomKey() };
      startWith(attempt.current)
        .catch((refused: unknown) => {
          // The mutation's state has the error. After a retryable error, an earlier try may have started the run: its key remains.
          if (CombinedGraphQLErrors.is(refused) && !isRetryable(refused)) attempt.current = null;
        })
        .finally(() => {
          isUnderWay.current = false;
        });
    },
  };
}

/** Not `randomUUID`, which browsers do not provide over plain HTTP. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
