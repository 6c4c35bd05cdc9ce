import { checkIdempotencyKey, checkInputs } from '../arguments.ts';
import type { FieldTable } from '../fields/field-table.ts';

export const mutation: FieldTable<'Mutation'> = {
  executeWorkflow: {
    async resolve(
      _root,
      { workflowId, inputs = null, idempotencyKey = null },
      { ticket, checkedInputs, readsRedacted, startRun },
    ) {
      // Each start has its own turn: one operation may have fifty, each with a megabyte.
      await ticket.nextTurn();
      const { runId, message } = await startRun({
        workflowId,
        inputs: await checkedInputs(inputs, () => Promise.try(checkInputs, inputs, readsRedacted)),
        idempotencyKey: checkIdempotencyKey(idempotencyKey),
      });
      return { workflowId, runId, message };
    },
  },
};

export const executeWorkflowPayload: FieldTable<'ExecuteWorkflowPayload'> = {
  run: {
    resolve: ({ workflowId, runId }, _args, { runs, requirement }, info) =>
      runs().loadStarted({ workflowId, runId }, requirement(info)),
  },
};
