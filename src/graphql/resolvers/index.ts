import { properties, type FieldTables } from '../fields/field-table.ts';
import { counts, intFields } from '../fields/int-fields.ts';
import { connections } from './connections.ts';
import { executeWorkflowPayload, mutation } from './mutation.ts';
import { query } from './query.ts';
import { expectation, run, runComparison } from './run.ts';
import { step } from './step.ts';
import { runsUpdate, runUpdate, subscription } from './subscription.ts';
import { workflowFigures } from './workflow-figures.ts';
import { workflow } from './workflow.ts';

/** Field table by type. All fields of a `properties` type are properties of the parent. */
export const fieldTables: FieldTables = {
  Query: query,
  Mutation: mutation,
  Subscription: subscription,
  RunUpdate: runUpdate,
  RunsUpdate: runsUpdate,
  ExecuteWorkflowPayload: executeWorkflowPayload,
  Workflow: workflow,
  WorkflowGraph: properties<'WorkflowGraph'>(),
  WorkflowNode: properties<'WorkflowNode'>(),
  GraphEdge: properties<'GraphEdge'>(),
  ...workflowFigures,
  ...connections,
  Run: run,
  Expectation: expectation,
  NodeExpectation: properties<'NodeExpectation'>(),
  RunComparison: runComparison,
  NodeComparison: properties<'NodeComparison'>(),
  StepCounts: properties<'StepCounts'>(),
  RunTiming: properties<'RunTiming'>(),
  Gap: properties<'Gap'>(),
  Timeline: properties<'Timeline'>(),
  TimelineBar: properties<'TimelineBar'>(),
  CriticalPath: properties<'CriticalPath'>(),
  Progress: properties<'Progress'>(),
  RepeatedNode: properties<'RepeatedNode'>(),
  TokenCounts: intFields('inputTokens', 'outputTokens', 'totalTokens', 'cachedInputTokens', 'reasoningTokens'),
  RunTokenUsage: { counts, stepsReporting: {}, byModel: {} },
  ModelTokenUsage: { model: {}, counts, stepsReporting: {} },
  Freshness: properties<'Freshness'>(),
  Step: step,
  StepError: properties<'StepError'>(),
  TokenUsage: { counts, model: {}, source: {} },
  Cost: properties<'Cost'>(),
  Conversation: properties<'Conversation'>(),
  Message: properties<'Message'>(),
  ToolCall: properties<'ToolCall'>(),
};
