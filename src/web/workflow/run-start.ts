/** Starts a run once, even on repeated clicks, and opens it. */
import { useNavigate } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { useOneRequest } from '../hooks/one-request.ts';
import { runLink } from '../url/links.ts';

export const EXECUTE = graphql(`
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

export function useRunStart(workflowId: string) {
  const navigate = useNavigate();
  const { isSending, error, isUnanswered, send } = useOneRequest(EXECUTE, ({ executeWorkflow }) => {
    const run = executeWorkflow?.run;
    if (run) void navigate(runLink(run));
  });
  return {
    isStarting: isSending,
    error,
    isUnanswered,
    /** `text` is JSON or empty. */
    start(text: string): void {
      const inputs: unknown = text.trim() === '' ? null : JSON.parse(text);
      send({ workflowId, inputs });
    },
  };
}
