import { cacheExchange, type Cache, type KeyingConfig, type UpdatesConfig } from '@urql/exchange-graphcache';
import schema from './__generated__/introspection.ts';

/** Objects without an id, and objects whose ids repeat: nodes of different workflows, tool calls of different steps. */
const PARTS =
  'Baseline CancelRunPayload ChangePoint ChangePoints CommonInput CommonInputs Conversation Cost CriticalPath Diagnosis ' +
  'Distribution ExecuteWorkflowPayload Expectation FailureGroup FailureGroups Freshness Gap GraphEdge Message ' +
  'ModelTokenUsage ModelUsageTrend NodeComparison NodeExpectation NodeShift NodeStatistics PageInfo Progress ' +
  'RecentRunConnection RepeatedNode ResumeStepPayload RunComparison RunConnection RunEdge RunTiming RunTokenUsage RunUpdate ' +
  'RunsUpdate Shift Shifts StepCounts StepError Timeline TimelineBar TokenCounts TokenUsage ToolCall ' +
  'TrendBucket UsageBucket UsageTrend WaitRequest WorkflowConnection WorkflowEdge WorkflowGraph WorkflowNode ' +
  'WorkflowStatistics WorkflowUsage';

/** All of these are stored inside their parent. */
export const keys: KeyingConfig = Object.fromEntries(PARTS.split(' ').map((type) => [type, () => null]));

interface LiveRun {
  readonly freshness?: { readonly isFinal?: boolean };
}

/** All mounted queries are sent again. */
const refetch = (cache: Cache): void => {
  for (const { fieldName, arguments: args } of cache.inspectFields('Query')) cache.invalidate('Query', fieldName, args);
};

/** Lists and statistics don't get events, so they are fetched again when a run was started or cancelled, and when a live run is over. */
export const updates: UpdatesConfig = {
  Mutation: {
    executeWorkflow: (_, __, cache) => refetch(cache),
    cancelRun: (_, __, cache) => refetch(cache),
  },
  Subscription: {
    runUpdated({ runUpdated }: { runUpdated: { run: LiveRun } }, _, cache) {
      if (runUpdated.run.freshness?.isFinal) refetch(cache);
    },
  },
};

/** The schema says which fields may be null. Without it, one failed run in a list makes the whole answer null. */
export const createCache = () => cacheExchange({ schema, keys, updates });
