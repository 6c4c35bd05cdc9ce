/** One way in which an upstream may differ from the contract, and what the gateway makes of it. docs/upstream.md has the same table. */
import type { Endpoint, Reply } from '../../harness/faulty-upstream.ts';
import { wireWorkflow } from '../../harness/scripted-history.ts';
import { wireRun, wireStep, type Wire } from '../../harness/wire.ts';

export interface Variation {
  readonly variation: string;
  /** What happens. */
  readonly happens: string;
  /** The answers that differ: to each call of this kind, one after another; the last one stays. */
  readonly replies: Partial<Record<Endpoint, readonly Reply[]>>;
  readonly query: string;
  /** Left out where the whole call has failed: how far that reaches is not a matter of the wire. */
  readonly data?: unknown;
  /** The code and a part of the message of each. */
  readonly errors?: readonly (readonly [string, string])[];
  /** `field outcome`, and how many values are counted. */
  readonly deviations?: Readonly<Record<string, number>>;
}

/** What is asked for and answered if nothing differs. */
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

type Told = Pick<Variation, 'variation' | 'happens'> & Partial<Pick<Variation, 'errors' | 'deviations'>>;

/** A step that differs in these fields, beside one that does not. `answered`: what differs in the answer. */
export const ofStep = (told: Told, fields: Wire, answered: Partial<typeof STEP> | object): Variation => ({
  ...told,
  replies: { steps: [{ json: [wireStep({ id: 's1', ...fields }), wireStep({ id: 's2', node_id: 'send' })] }] },
  query: STEPS,
  data: { run: { status: 'COMPLETED', steps: stepsAnswered({ ...STEP, ...answered }) } },
});

const stepsAnswered = (first: object) => [first, { ...STEP, id: 's2', nodeId: 'send' }];

/** The whole answer to the call for steps differs, and is answered as if it did not, with these items after the steps. */
export const ofSteps = (
  { beside = [], ...told }: Told & { readonly beside?: readonly null[] },
  ...replies: readonly Reply[]
): Variation => ({
  ...told,
  replies: { steps: replies },
  query: STEPS,
  data: { run: { status: 'COMPLETED', steps: [...stepsAnswered(STEP), ...beside] } },
});

/** The whole answer to the call for steps can't be read. */
export const withoutSteps = (
  told: Omit<Told, 'errors'>,
  error: readonly [string, string],
  reply: Reply,
): Variation => ({
  ...told,
  replies: { steps: [reply] },
  query: STEPS,
  errors: [error],
});

/** The record of a run differs. */
export const ofRecord = (told: Told, reply: Reply, answered: object = {}, id = 'r1'): Variation => ({
  ...told,
  replies: { run: [reply] },
  query: `{ run(workflowId: "wf", id: "${id}") { id status startedAt endedAt } }`,
  data: { run: { id, status: 'COMPLETED', startedAt: STEP.startTime, endedAt: STEP.endTime, ...answered } },
});

export const ofHistory = (
  told: Told,
  records: readonly unknown[],
  ids: readonly string[],
  hasNextPage = false,
): Variation => ({
  ...told,
  replies: { runs: [{ json: records }] },
  query: '{ workflow(id: "wf") { runs(first: 5) { nodes { id status } pageInfo { hasNextPage } } } }',
  data: {
    workflow: { runs: { nodes: ids.map((id) => ({ id, status: 'COMPLETED' })), pageInfo: { hasNextPage } } },
  },
});

const WORKFLOW = {
  id: 'wf',
  version: '1.2',
  isPublic: false,
  createdAt: '2025-03-12T00:59:55.465508+00:00',
  graph: {
    nodes: [{ id: 'model_1' }, { id: 'send' }],
    edges: [{ from: 'model_1', to: 'send' }],
  },
};

/** A workflow differs in these fields, beside one that does not. Null in place of an answer: it is left out. */
export const ofWorkflow = (told: Told, item: unknown, answered: object | null): Variation => ({
  ...told,
  replies: { workflows: [{ json: [item, wireWorkflow('other')] }] },
  query: `{ workflows { nodes { id version isPublic createdAt graph { nodes { id } edges { from to } } } } }`,
  data: {
    workflows: {
      nodes: [...(answered ? [{ ...WORKFLOW, ...answered }] : []), { ...WORKFLOW, id: 'other' }],
    },
  },
});
