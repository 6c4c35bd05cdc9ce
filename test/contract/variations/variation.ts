/** Forms of values that differ from the contract: examples of a row of the table in docs/upstream-deviations.md. */
import type { Endpoint, Reply } from '../../harness/faulty-upstream.ts';
import { wireWorkflow } from '../../harness/scripted-history.ts';
import { wireRun, wireStep, type Wire } from '../../harness/wire.ts';

export interface Example {
  /** To each call of this kind, one after another; the last one stays. */
  readonly replies: Partial<Record<Endpoint, readonly Reply[]>>;
  readonly query: string;
  /** Left out where the whole call has failed. */
  readonly data?: unknown;
  /** The code and a part of the message of the one error. */
  readonly error?: readonly [string, string];
  /** How many values are counted, by the fields of the row. A field that is left out counts one. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** By the first cell of their row. */
export type Examples = Readonly<Record<string, readonly Example[]>>;

/** The answers if nothing differs. */
export const TIDY: Partial<Record<Endpoint, Reply>> = {
  steps: { json: [wireStep({ id: 's1' }), wireStep({ id: 's2', node_id: 'send' })] },
  run: { json: [wireRun('r1')] },
  runs: { json: [wireRun('r1')] },
  workflows: { json: [wireWorkflow('wf')] },
  execute: { json: { message: 'Workflow execution started', run_id: 'r1' } },
};

const STEPS = `{ run(workflowId: "wf", id: "r1") { status steps(orderBy: { field: NODE_ID, direction: ASC }) {
  id nodeId status rawStatus startTime endTime elapsedTime tokens error userId organizationId outputs(path: "model")
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
  userId: 'user-1',
  organizationId: 'org-1',
  outputs: 'virtuoso-large',
};
const OTHER = { ...STEP, id: 's2', nodeId: 'send' };

/** A step that differs in these fields, and one that does not. `answered`: the fields of the answer that differ. */
export function step(fields: Wire, answered: object = {}, error?: Example['error']): Example {
  return {
    replies: { steps: [{ json: [wireStep({ id: 's1', ...fields }), wireStep({ id: 's2', node_id: 'send' })] }] },
    query: STEPS,
    data: { run: { status: 'COMPLETED', steps: [{ ...STEP, ...answered }, OTHER] } },
    ...(error && { error }),
    // Of a row that names several fields, those that the example has.
    counts: Object.fromEntries(
      Object.keys(wireStep())
        .filter((name) => !(name in fields))
        .map((name) => [`steps[].${name}`, 0]),
    ),
  };
}

/** A step for each value of the field, and how the value is answered. */
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

/** The answer to the call for steps differs, and is answered as if it did not, with these items after the steps. */
export const steps = (replies: readonly Reply[], others: readonly null[] = [], error?: Example['error']): Example => ({
  replies: { steps: replies },
  query: STEPS,
  data: { run: { status: 'COMPLETED', steps: [STEP, OTHER, ...others] } },
  ...(error && { error }),
});

/** The answer to the call for steps can't be read. */
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

/** A workflow differs in these fields, and another one does not. Null in place of an answer: the workflow is left out. */
export const workflow = (item: unknown, answered: object | null, counts = {}): Example => ({
  replies: { workflows: [{ json: [item, wireWorkflow('other')] }] },
  query: `{ workflows { nodes { id name description status version isPublic createdAt updatedAt graph {
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
