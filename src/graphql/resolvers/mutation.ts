import { checkAnswer, checkIdempotencyKey, checkInputs } from '../arguments.ts';
import type { FieldTable } from '../fields/field-table.ts';

export const mutation: FieldTable<'Mutation'> = {
  executeWorkflow: {
    async resolve(_root, { workflowId, inputs = null, idempotencyKey = null }, context) {
      const { ticket, checkedInputs, readsRedacted, write } = context;
      // Each start has its own turn: one operation may have fifty, with a megabyte each.
      await ticket.nextTurn();
      const { runId, message } = await write({
        endpoint: 'execute',
        workflowId,
        inputs: await checkedInputs(inputs, () => Promise.try(checkInputs, inputs, readsRedacted)),
        idempotencyKey: checkIdempotencyKey(idempotencyKey),
      });
      return { workflowId, runId, message };
    },
  },
  cancelRun: {
    async resolve(_root, { workflowId, id: runId, idempotencyKey = null }, { ticket, write }) {
      await ticket.nextTurn();
      await write({ endpoint: 'cancel', workflowId, runId, idempotencyKey: checkIdempotencyKey(idempotencyKey) });
      return { workflowId, runId };
    },
  },
  resumeStep: {
    async resolve(_root, { workflowId, runId, stepId, answer = null, idempotencyKey = null }, context) {
      const { ticket, checkedAnswers, readsRedacted, write } = context;
      await ticket.nextTurn();
      await write({
        ...{ endpoint: 'resume', workflowId, runId, stepId },
        answer: await checkedAnswers(answer, () => Promise.try(checkAnswer, answer, readsRedacted)),
        idempotencyKey: checkIdempotencyKey(idempotencyKey),
      });
      return { workflowId, runId, stepId };
    },
  },
};

export const executeWorkflowPayload: FieldTable<'ExecuteWorkflowPayload'> = {
  run: {
    resolve: ({ workflowId, runId }, _args, { runs, requirement }, info) =>
      runs().loadStarted({ workflowId, runId }, requirement(info)),
  },
};

export const cancelRunPayload: FieldTable<'CancelRunPayload'> = {
  run: { resolve: (ref, _args, { runs, requirement }, info) => runs().loadChanged(ref, requirement(info)) },
};

export const resumeStepPayload: FieldTable<'ResumeStepPayload'> = {
  run: { resolve: (ref, _args, { runs, requirement }, info) => runs().loadChanged(ref, requirement(info)) },
  step: {
    async resolve({ stepId, ...ref }, _args, { runs }) {
      const { steps } = await runs().load(ref, 'STEPS');
      return steps.find((step) => step.id === stepId) ?? null;
    },
  },
};
