import type { Environment } from 'relay-runtime';

type GetDataID = NonNullable<ConstructorParameters<typeof Environment>[0]['getDataID']>;

/**
 * Relay stores all objects in one table, so the type name is part of the key. Types without a key are stored inside their
 * parent. `WorkflowNode` is one of them: node ids are unique only within a workflow.
 */
const dataIdBy =
  (keys: Readonly<Record<string, readonly string[]>>): GetDataID =>
  (data, type) => {
    const key = keys[type]?.map((field) => data[field]);
    return key?.every((part) => typeof part === 'string') ? `${type}:${JSON.stringify(key)}` : null;
  };

export const uniqueIds = dataIdBy({ Workflow: ['id'], Run: ['id'], Step: ['id'] });

/** For an upstream that repeats run ids in several workflows, or step ids in several runs. */
export const repeatedIds = dataIdBy({
  Workflow: ['id'],
  Run: ['workflowId', 'id'],
  Step: ['workflowId', 'runId', 'id'],
});
