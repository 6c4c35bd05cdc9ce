import { properties, type FieldTables } from '../fields/field-table.ts';
import { tokenCounts } from '../fields/int-fields.ts';
import { connections } from './connections.ts';
import { executeWorkflowPayload, mutation } from './mutation.ts';
import { query } from './query.ts';
import { expectation, run, runComparison } from './run.ts';
import { step } from './step.ts';
import { subscription } from './subscription.ts';
import { workflowFigures } from './workflow-figures.ts';
import { workflow } from './workflow.ts';

/** Field table by type. All fields of a `properties` type are properties of the parent. */
export const fieldTables: FieldTables = {
  Query: query,
  Mutation: mutation,
  Subscription: subscription,
  ExecuteWorkflowPayload: executeWorkflowPayload,
  Workflow: workflow,
  WorkflowGraph: properties<'WorkflowGraph'>(),
  WorkflowNode: properties<'WorkflowNode'>(),
  WorkflowEdge: properties<'WorkflowEdge'>(),
  ...workflowFigures,
  ...connections,
  Run: run,
  Expectation: expectation,
  NodeExpectation: properties<'NodeExpectation'>(),
  RunComparison: runComparison,
  NodeComparison: properties<'NodeComparison'>(),
  StepCounts: properties<'StepCounts'>(),
  RunTiming: properties<'RunTiming'>(),
  RunGap: properties<'RunGap'>(),
  Timeline: properties<'Timeline'>(),
  TimelineGap: properties<'TimelineGap'>(),
  TimelineBar: properties<'TimelineBar'>(),
  CriticalPath: properties<'CriticalPath'>(),
  Progress: properties<'Progress'>(),
  RepeatedNode: properties<'RepeatedNode'>(),
  RunTokenUsage: { ...properties<'RunTokenUsage'>(), ...tokenCounts },
  ModelTokenUsage: { ...properties<'ModelTokenUsage'>(), ...tokenCounts },
  Freshness: properties<'Freshness'>(),
  Step: step,
  StepError: properties<'StepError'>(),
  TokenUsage: { ...properties<'TokenUsage'>(), ...tokenCounts },
  Cost: properties<'Cost'>(),
  Conversation: properties<'Conversation'>(),
  Message: properties<'Message'>(),
  ToolCall: properties<'ToolCall'>(),
};
