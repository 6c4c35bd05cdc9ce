/** Values that deviate from the contract: examples of each row of the table in docs/upstream-deviations.md. */
import type { Endpoint, Reply } from '../../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../../harness/wire.ts';

export interface Example {
  /** The replies to each call of this kind, in order. The last one repeats. */
  readonly replies: Partial<Record<Endpoint, readonly Reply[]>>;
  readonly query: string;
  /** Left out if the whole call fails. */
  readonly data?: unknown;
  /** Code and part of the message of the only error. */
  readonly error?: readonly [string, string];
  /** Number of counted values by field. 1 for a field of the row that is left out. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** By the first cell of the row. */
export type Examples = Readonly<Record<string, readonly Example[]>>;

/** Answers without deviations. */
export const TIDY: Partial<Record<Endpoint, Reply>> = {
  steps: { json: [wireStep({ id: 's1' }), wireStep({ id: 's2', node_id: 'send' })] },
  run: { json: [wireRun('r1')] },
  runs: { json: [wireRun('r1')] },
  workflows: { json: [wireWorkflow('wf')] },
  execute: { json: { message: 'Workflow execution started', run_id: 'r1' } },
};

const STEPS = `{ run(workflowId: "wf", id: "r1") { status steps(orderBy: { field: NODE_ID, direction: ASC }) {
  id nodeId status rawStatus startTime endTime elapsedTime tokens error itemKey waitingMs userId organizationId outputs(path: "model")
} } }`;

const STEP = {
  id: 's1',
  nodeId: 'model_1',
  status: 'COMPLETED',
  rawStatus: 'completed',
  startTime: '2025-03-13T02:41:15.144470Z',
  endTime: '2025-03-13T02:41:17.382162Z',
  elapsedTime: 2,
  tokens: 0,
  error: null,
  itemKey: null,
  waitingMs: 0,
  userId: 'user-1',
  organizationId: 'org-1',
  outputs: 'virtuoso-large',
};
const OTHER = { ...STEP, id: 's2', nodeId: 'send' };

/**
 * One step with these fields, and one without deviations. `answered`: the fields that differ in the gateway's answer.
 */
export function step(fields: Wire, answered: object = {}, error?: Example['error']): Example {
  return {
    replies: { steps: [{ json: [wireStep({ id: 's1', ...fields }), wireStep({ id: 's2', node_id: 'send' })] }] },
    query: STEPS,
    data: { run: { status: 'COMPLETED', steps: [{ ...STEP, ...answered }, OTHER] } },
    ...(error && { error }),
    // A row may name several fields: only the fields of this example are counted.
    counts: Object.fromEntries(
      Object.keys(wireStep())
        .filter((name) => !(name in fields))
        .map((name) => [`steps[].${name}`, 0]),
    ),
  };
}

/** One step for each value of the field, with the value in the gateway's answer. */
export const values = (
  field: string,
  answeredAs: string,
  cases: readonly (readonly [sent: unknown, answered: unknown])[],
): readonly Example[] => cases.map(([sent, answered]) => step({ [field]: sent }, { [answeredAs]: answered }));

export const lost = (field: string, answeredAs: string, sent: readonly unknown[]): readonly Example[] =>
  values(
    field,
    answeredAs,
    sent.map((value) => [value, null]),
  );

/** Replies to the steps call that are read like the tidy one. `others` follow the steps in the gateway's answer. */
export const steps = (replies: readonly Reply[], others: readonly null[] = [], error?: Example['error']): Example => ({
  replies: { steps: replies },
  query: STEPS,
  data: { run: { status: 'COMPLETED', steps: [STEP, OTHER, ...others] } },
  ...(error && { error }),
});

/** A reply to the steps call that cannot be read. */
export const noSteps = (message: string, reply: Reply): Example => ({
  replies: { steps: [reply] },
  query: STEPS,
  error: ['UPSTREAM_CONTRACT_VIOLATION', message],
});

export const record = (reply: Reply, answered: object = {}, id = 'r1'): Example => ({
  replies: { run: [reply] },
  query: `{ run(workflowId: "wf", id: "${id}") { id status startedAt endedAt } }`,
  data: { run: { id, status: 'COMPLETED', startedAt: STEP.startTime, endedAt: STEP.endTime, ...answered } },
});

export const history = (records: readonly unknown[], ids: readonly string[], counts = {}): Example => ({
  replies: { runs: [{ json: records }] },
  query: '{ workflow(id: "wf") { runs(first: 5) { nodes { id status } pageInfo { hasNextPage } } } }',
  data: {
    workflow: {
      runs: {
        nodes: ids.map((id) => ({ id, status: 'COMPLETED' })),
        pageInfo: { hasNextPage: records.length > 5 },
      },
    },
  },
  counts,
});

const WORKFLOW = {
  ...{ id: 'wf', name: 'Workflow wf', description: 'Answers mail', status: 'active', version: '1.2', isPublic: false },
  ...{ createdAt: '2025-03-12T00:59:55.465508+00:00', updatedAt: '2025-03-13T00:59:55.465508+00:00' },
  updatedBy: 'user-2',
  graph: {
    nodes: [
      { id: 'model_1', type: 'model', description: 'Writes' },
      { id: 'send', type: 'code', description: null },
    ],
    edges: [{ from: 'model_1', to: 'send' }],
    entry: 'model_1',
    finish: 'send',
  },
};

/** One deviating workflow, and one without deviations. `answered` is null if the gateway leaves the workflow out. */
export const workflow = (item: unknown, answered: object | null, counts = {}): Example => ({
  replies: { workflows: [{ json: [item, wireWorkflow('other')] }] },
  query: `{ workflows { nodes { id name description status version isPublic createdAt updatedAt updatedBy graph {
    nodes { id type description } edges { from to } entry finish
  } } } }`,
  data: {
    workflows: {
      nodes: [
        ...(answered ? [{ ...WORKFLOW, ...answered }] : []),
        { ...WORKFLOW, id: 'other', name: 'Workflow other' },
      ],
    },
  },
  counts,
});

export const graph = (fields: Wire, answered: object | null, counts = {}): Example =>
  workflow(
    wireWorkflow('wf', { graph: { ...(wireWorkflow('wf').graph as Wire), ...fields } }),
    { graph: answered && { ...WORKFLOW.graph, ...answered } },
    counts,
  );
