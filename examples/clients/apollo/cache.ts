import { InMemoryCache, isReference, type FieldMergeFunction, type Reference, type StoreObject } from '@apollo/client';

type Items = readonly (StoreObject | Reference)[];

const isPart = (value: unknown): value is StoreObject =>
  typeof value === 'object' && value !== null && '__typename' in value;

/** Merges two versions of an object: newer fields win. Lists inside, as in a trend bucket, are merged by node, model or workflow. */
function join(older: unknown, newer: unknown): unknown {
  if (Array.isArray(older) && Array.isArray(newer)) {
    const keyOf = ({ nodeId, model, workflow }: StoreObject) =>
      nodeId ?? model ?? (isReference(workflow) ? workflow.__ref : undefined);
    const known = new Map(older.filter(isPart).map((item) => [keyOf(item), item]));
    known.delete(undefined);
    return newer.map((item: unknown) => (isPart(item) ? join(known.get(keyOf(item)), item) : item));
  }
  if (!isPart(older) || !isPart(newer)) return newer;
  const joined = Object.entries(newer).map(([name, value]) => [name, join(older[name], value)]);
  return { ...older, ...Object.fromEntries(joined) };
}

/** Merges list items with equal values of these fields. A list without these fields replaces the older one. */
const by =
  (...fields: string[]): FieldMergeFunction<Items> =>
  (existing = [], incoming, { readField }) => {
    const keyOf = (item: StoreObject | Reference) => {
      const key = fields.map((field) => readField(field, item));
      return key.includes(undefined) ? undefined : JSON.stringify(key);
    };
    const known = new Map(existing.map((item) => [keyOf(item), item]));
    known.delete(undefined);
    return incoming.map((item) => join(known.get(keyOf(item)), item) as typeof item);
  };

/** Objects without an id. Without `merge`, two components that select different fields overwrite each other. */
const part = { keyFields: false, merge: true } as const;

export const createCache = () =>
  new InMemoryCache({
    typePolicies: {
      Baseline: part,
      ChangePoints: { ...part, fields: { nodes: { merge: by('run', 'nodeId', 'kind') } } },
      CommonInputs: { ...part, fields: { nodes: { merge: by('path', 'test', 'value') } } },
      Conversation: { ...part, fields: { messages: { merge: by('index') } } },
      Cost: part,
      CriticalPath: part,
      Diagnosis: part,
      Distribution: part,
      Expectation: { ...part, fields: { nodes: { merge: by('nodeId') } } },
      FailureGroup: part,
      FailureGroups: { ...part, fields: { nodes: { merge: by('workflow', 'nodeId', 'message', 'code') } } },
      Freshness: part,
      Gap: part,
      Message: { keyFields: false, fields: { toolCalls: { merge: by('id') } } },
      PageInfo: part,
      Progress: part,
      RecentRunConnection: { ...part, fields: { edges: { merge: by('cursor') } } },
      RunComparison: { ...part, fields: { nodes: { merge: by('nodeId') } } },
      RunConnection: { ...part, fields: { edges: { merge: by('cursor') } } },
      RunTiming: part,
      RunUpdate: part,
      RunsUpdate: part,
      RunTokenUsage: { ...part, fields: { byModel: { merge: by('model') } } },
      Shifts: { ...part, fields: { nodes: { merge: by('metric', 'since') } } },
      StepCounts: part,
      StepError: part,
      Timeline: { ...part, fields: { bars: { merge: by('step') }, gaps: { merge: by('offsetMs') } } },
      TokenCounts: part,
      TokenUsage: part,
      // Ids of the model: they repeat in later steps of the same conversation.
      ToolCall: { keyFields: false },
      WaitRequest: part,
      WorkflowConnection: { ...part, fields: { edges: { merge: by('cursor') } } },
      WorkflowGraph: { ...part, fields: { nodes: { merge: by('id') }, edges: { merge: by('from', 'to') } } },
      // Node ids are unique only within a workflow.
      WorkflowNode: part,
      WorkflowStatistics: { ...part, fields: { nodes: { merge: by('nodeId') } } },
      Run: { fields: { repeatedNodes: { merge: by('nodeId') } } },
      Workflow: { fields: { trend: { merge: by('startedAt') } } },
      Query: { fields: { usage: { merge: by('startedAt') } } },
    },
  });
