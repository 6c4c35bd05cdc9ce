/** Asks for confirmation before a run is cancelled. */
import { graphql } from '../__generated__/gql.ts';
import { useOneRequest } from '../hooks/one-request.ts';
import type { RunIds } from '../url/links.ts';
import { ActionDialog, problemText } from './action-dialog.tsx';

const CANCEL_RUN = graphql(`
  mutation CancelRun($workflowId: ID!, $id: ID!, $idempotencyKey: String) {
    cancelRun(workflowId: $workflowId, id: $id, idempotencyKey: $idempotencyKey) {
      run {
        id
        workflowId
      }
    }
  }
`);

const WORDS = {
  conflict: 'The run is already over.',
  unanswered: 'It may be cancelled anyway: trying again does no harm.',
};

export default function CancelDialog({ workflowId, id, onClose }: RunIds & { readonly onClose: () => void }) {
  // The run's subscription shows the result.
  const { isSending, error, isUnanswered, send } = useOneRequest(CANCEL_RUN, onClose);
  return (
    <ActionDialog
      title="Cancel this run?"
      action="Cancel run"
      acting="Cancelling…"
      leave="Keep it running"
      isActing={isSending}
      problem={problemText(error, isUnanswered, WORDS)}
      onAct={() => send({ workflowId, id })}
      onClose={onClose}
    >
      <p>Steps that are running are stopped by the engine. This cannot be undone.</p>
    </ActionDialog>
  );
}
