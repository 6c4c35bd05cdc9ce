import type { FieldTables } from '../fields/field-table.ts';
import { counts, intFields } from '../fields/int-fields.ts';
import { connections } from './connections.ts';
import { cancelRunPayload, executeWorkflowPayload, mutation, resumeStepPayload } from './mutation.ts';
import { query } from './query.ts';
import { expectation, run, runComparison } from './run.ts';
import { step, waitRequest } from './step.ts';
import { runsUpdate, runUpdate, subscription } from './subscription.ts';
import { workflowFigures } from './workflow-figures.ts';
import { workflow } from './workflow.ts';

/** Field table by type. */
export const fieldTables: FieldTables = {
  Query: query,
  Mutation: mutation,
  Subscription: subscription,
  RunUpdate: runUpdate,
  RunsUpdate: runsUpdate,
  ExecuteWorkflowPayload: executeWorkflowPayload,
  CancelRunPayload: cancelRunPayload,
  ResumeStepPayload: resumeStepPayload,
  Workflow: workflow,
  ...workflowFigures,
  ...connections,
  Run: run,
  Expectation: expectation,
  RunComparison: runComparison,
  TokenCounts: intFields('inputTokens', 'outputTokens', 'totalTokens', 'cachedInputTokens', 'reasoningTokens'),
  RunTokenUsage: { counts },
  ModelTokenUsage: { counts },
  Step: step,
  WaitRequest: waitRequest,
  TokenUsage: { counts },
};
