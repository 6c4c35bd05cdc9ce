import { cacheExchange, type KeyingConfig } from '@urql/exchange-graphcache';
import schema from './__generated__/introspection.ts';

/** Objects without an id, and those whose ids repeat: each workflow has its own `model_1`, each model its own calls. */
const PARTS =
  'Conversation Cost CriticalPath Distribution ExecuteWorkflowPayload FailureGroup Freshness Message ' +
  'ModelTokenUsage NodeComparison NodeStatistics PageInfo Progress RecentRuns RepeatedNode RunComparison ' +
  'RunConnection RunEdge RunGap RunTiming RunTokenUsage StepCounts StepError Timeline TimelineBar TimelineGap ' +
  'TokenUsage ToolCall TrendBucket WorkflowConnection WorkflowConnectionEdge WorkflowEdge WorkflowGraph ' +
  'WorkflowNode WorkflowStatistics';

/** They are stored inside their parent. */
export const keys: KeyingConfig = Object.fromEntries(PARTS.split(' ').map((type) => [type, () => null]));

/** With the schema it knows which fields may be null: without it, one failed run of a list takes the whole answer along. */
export const createCache = () => cacheExchange({ schema, keys });
