import { slowestSteps, unsupersededFailures } from '../../domain/step/failures.ts';
import { selectSteps } from '../../domain/step/steps.ts';
import { checkFirst, pick } from '../arguments.ts';
import type { RunResolvers } from '../generated/resolvers.ts';

export const run: RunResolvers = {
  workflow: ({ workflowId }) => ({ id: workflowId }),
  inputs: ({ inputs }, { path }) => pick(inputs, path),
  outputs: ({ outputs }, { path }) => pick(outputs, path),
  steps: ({ steps }, { filter, orderBy }) => selectSteps(steps, filter, orderBy && { direction: 'ASC', ...orderBy }),
  step: ({ steps }, { id }) => steps.find((step) => step.id === id) ?? null,
  failedSteps: ({ failedSteps }, { latestAttemptOnly }) =>
    latestAttemptOnly ? unsupersededFailures(failedSteps) : failedSteps,
  firstFailedStep: ({ failedSteps }) => failedSteps[0] ?? null,
  slowestSteps: ({ steps }, { first }) => slowestSteps(steps, checkFirst(first)),
};
