/**
 * The wire contract: what the upstream sends, checked and turned into domain facts. With `wire.ts` the one place, apart
 * from the embedded upstream, that knows the wire's names; every assumption about the API stands here.
 */
import { z } from 'zod';
import type {
  JsonValue,
  RunRecord,
  StepFacts,
  StepPayload,
  WorkflowEdge,
  WorkflowGraph,
  WorkflowNode,
  WorkflowRecord,
} from '../domain/types.ts';
import type { JsonText } from './json-text.ts';
import { check, seconds, textOrNothing, time, tokenCount } from './wire.ts';

const stepOnWire = z.object({
  id: z.string(),
  node_id: z.string(),
  user_id: textOrNothing,
  organization_id: textOrNothing,
  status: z.string(),
  start_time: time,
  end_time: time,
  elapsed_time: seconds,
  error: textOrNothing,
  tokens: tokenCount,
});

const runOnWire = z.object({
  id: z.string(),
  status: z.string(),
  start_time: time,
  end_time: time,
  elapsed_time: seconds,
  error: textOrNothing,
});

/** What is read of it is checked by nobody: it may be of any shape, and absent. */
interface PayloadOnWire {
  readonly inputs?: JsonValue;
  readonly outputs?: JsonValue;
  readonly step_metadata?: JsonValue;
}

/** Nodes and edges are read one by one below: a graph that is odd in a place is still worth showing. */
const graphOnWire = z.object({
  nodes: z.record(z.string(), z.unknown()).nullish(),
  edges: z.array(z.unknown()).nullish(),
  entry_point: textOrNothing,
  finish_point: textOrNothing,
});

const workflowOnWire = z.object({
  workflow_id: z.string(),
  name: textOrNothing,
  description: textOrNothing,
  status: textOrNothing,
  version: z.union([z.string(), z.number()]).nullish(),
  public: z.boolean().nullish(),
  organization_id: textOrNothing,
  created_at: time,
  updated_at: time,
  graph: graphOnWire.nullish(),
});

const startedRunOnWire = z.object({ message: textOrNothing, run_id: z.string() });

const stepsOnWire = z.array(stepOnWire);
const runsOnWire = z.array(runOnWire);
const workflowsOnWire = z.array(workflowOnWire);

/** Call 1. Throws UPSTREAM_CONTRACT_VIOLATION. */
export function readSteps(text: JsonText): readonly StepFacts[] {
  return check('steps', stepsOnWire, text.read()).map((step, index): StepFacts => ({
    id: step.id,
    nodeId: step.node_id,
    userId: step.user_id,
    organizationId: step.organization_id,
    rawStatus: step.status,
    startTime: step.start_time,
    endTime: step.end_time,
    elapsedTime: step.elapsed_time,
    error: step.error,
    payload: () => payloadOf(text, index),
    tokens: step.tokens,
    index,
  }));
}

/** Call 3: an array that holds one record. Null if it is empty. Throws UPSTREAM_CONTRACT_VIOLATION. */
export const readRun = (text: JsonText, runId: string): RunRecord | null =>
  readRecords('run', text).find((record) => record.id === runId) ?? null;

/** Call 4: the records of a window of the history. Throws UPSTREAM_CONTRACT_VIOLATION. */
export const readRuns = (text: JsonText): readonly RunRecord[] => readRecords('runs', text);

const readRecords = (what: string, text: JsonText): readonly RunRecord[] =>
  check(what, runsOnWire, text.read()).map((run, index): RunRecord => ({
    id: run.id,
    rawStatus: run.status,
    startTime: run.start_time,
    endTime: run.end_time,
    elapsedTime: run.elapsed_time,
    error: run.error,
    payload: () => payloadOf(text, index),
  }));

function payloadOf(text: JsonText, index: number): StepPayload {
  const {
    inputs = null,
    outputs = null,
    step_metadata: metadata = null,
  } = (text.read() as readonly PayloadOnWire[])[index] ?? {};
  return { inputs, outputs, metadata };
}

/** Call 5. Throws UPSTREAM_CONTRACT_VIOLATION. */
export const readWorkflows = (text: JsonText): readonly WorkflowRecord[] =>
  check('workflows', workflowsOnWire, text.read()).map((workflow) => ({
    id: workflow.workflow_id,
    name: workflow.name,
    description: workflow.description,
    status: workflow.status,
    version: workflow.version == null ? null : String(workflow.version),
    isPublic: workflow.public ?? null,
    organizationId: workflow.organization_id,
    createdAt: workflow.created_at,
    updatedAt: workflow.updated_at,
    graph: workflow.graph ? toGraph(workflow.graph) : null,
  }));

export interface StartedRun {
  readonly runId: string;
  readonly message: string | null;
}

/** Call 2. Throws UPSTREAM_CONTRACT_VIOLATION. */
export function readStartedRun(text: JsonText): StartedRun {
  const { run_id: runId, message } = check('execute', startedRunOnWire, text.read());
  return { runId, message };
}

/** The ends of a graph, as the wire's edges call them. */
const START = 'START';
const END = 'END';

function toGraph({ nodes, edges, entry_point, finish_point }: z.output<typeof graphOnWire>): WorkflowGraph {
  const pairs = (edges ?? []).flatMap((edge) => toEdge(edge) ?? []);
  const behindStart = pairs.filter(({ from }) => from === START).map(({ to }) => to);
  const beforeEnd = pairs.filter(({ to }) => to === END).map(({ from }) => from);
  return {
    nodes: Object.entries(nodes ?? {}).map(([id, node]) => toNode(id, node)),
    edges: pairs.filter(({ from, to }) => from !== START && to !== END),
    entry: pointOf(entry_point) ?? onlyOneOf(behindStart),
    finish: pointOf(finish_point) ?? onlyOneOf(beforeEnd),
  };
}

const onlyOneOf = (ids: readonly string[]): string | null => (ids.length === 1 ? (ids[0] ?? null) : null);

const pointOf = (point: string | null): string | null => (point === START || point === END ? null : point);

function toEdge(edge: unknown): WorkflowEdge | null {
  const [from, to] = Array.isArray(edge) ? (edge as readonly unknown[]) : [];
  return typeof from === 'string' && typeof to === 'string' ? { from, to } : null;
}

const nodeOnWire = z.object({
  type: textOrNothing.catch(null),
  metadata: z
    .object({ description: textOrNothing.catch(null) })
    .nullish()
    .catch(null),
});

function toNode(id: string, node: unknown): WorkflowNode {
  const { data } = nodeOnWire.safeParse(node);
  return { id, type: data?.type ?? null, description: data?.metadata?.description ?? null };
}
