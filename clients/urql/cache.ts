import { cacheExchange, type KeyingConfig } from '@urql/exchange-graphcache';

/** Objects without an id are stored inside their parent. */
const part = () => null;

export const keys: KeyingConfig = {
  CriticalPath: part,
  Distribution: part,
  ExecuteWorkflowPayload: part,
  Freshness: part,
  ModelTokenUsage: part,
  NodeComparison: part,
  NodeStatistics: part,
  PageInfo: part,
  Progress: part,
  RepeatedNode: part,
  RunComparison: part,
  RunConnection: part,
  RunEdge: part,
  RunGap: part,
  RunTiming: part,
  RunTokenUsage: part,
  StepCounts: part,
  StepError: part,
  Timeline: part,
  TimelineBar: part,
  TimelineGap: part,
  TokenUsage: part,
  WorkflowConnection: part,
  WorkflowConnectionEdge: part,
  WorkflowEdge: part,
  WorkflowGraph: part,
  // The ids of nodes repeat: each workflow has its own `model_1`.
  WorkflowNode: part,
  WorkflowStatistics: part,
};

export const createCache = () => cacheExchange({ keys });
