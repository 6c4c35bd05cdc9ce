import type { Resolvers } from '../generated/resolvers.ts';
import { dateTimeScalar, jsonScalar } from '../scalars.ts';
import { executeWorkflowPayload } from './execute-workflow-payload.ts';
import { mutation } from './mutation.ts';
import { query } from './query.ts';
import { runComparison } from './run-comparison.ts';
import { runConnection, runEdge } from './run-connection.ts';
import { run } from './run.ts';
import { step } from './step.ts';
import { subscription } from './subscription.ts';
import { workflowConnection } from './workflow-connection.ts';
import { workflowStatistics } from './workflow-statistics.ts';
import { workflow } from './workflow.ts';

/** One entry a type. A type that is not here has only fields that are simply there. */
export const resolvers: Resolvers = {
  DateTime: dateTimeScalar,
  JSON: jsonScalar,
  Query: query,
  Mutation: mutation,
  Subscription: subscription,
  ExecuteWorkflowPayload: executeWorkflowPayload,
  WorkflowConnection: workflowConnection,
  WorkflowStatistics: workflowStatistics,
  RunConnection: runConnection,
  RunEdge: runEdge,
  RunComparison: runComparison,
  Workflow: workflow,
  Run: run,
  Step: step,
};
