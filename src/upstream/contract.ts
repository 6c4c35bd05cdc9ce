/**
 * The wire contract: reads the upstream's answers into domain facts. Every assumption about the API is made here, and only
 * here (the embedded upstream aside) are its field names used. Readers throw UPSTREAM_CONTRACT_VIOLATION.
 */
import { jsonTextBytes, unwritable } from '../domain/json.ts';
import type {
  JsonValue,
  PayloadField,
  RunRecord,
  StepFacts,
  StepPayload,
  UnreadableField,
  WorkflowEdge,
  WorkflowGraph,
  WorkflowNode,
  WorkflowRecord,
} from '../domain/types.ts';
import { GatewayError } from './errors.ts';
import type { JsonText } from './json-text.ts';
import {
  entriesIn,
  errorText,
  label,
  listOrNothing,
  objectIn,
  objectOrNothing,
  objectsIn,
  seconds,
  text,
  textOrNothing,
  time,
  tokenCount,
  truth,
  type WireObject,
} from './wire.ts';

/** Call 1. */
export function readSteps(json: JsonText): readonly StepFacts[] {
  let problem: GatewayError | undefined;
  const steps = entriesIn('steps', json.read()).map((entry, index) => {
    try {
      return readStep(json, entry(), index);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      problem ??= error;
      return unreadableStep(error.message, index);
    }
  });
  // A list of nothing but such entries is no list of steps.
  if (problem && steps.every((step) => step.problem !== undefined)) throw problem;
  return steps;
}

function readStep(json: JsonText, step: WireObject, index: number): StepFacts {
  return {
    id: text(step, 'id'),
    nodeId: text(step, 'node_id'),
    userId: textOrNothing(step, 'user_id'),
    organizationId: textOrNothing(step, 'organization_id'),
    rawStatus: text(step, 'status'),
    startTime: time(step, 'start_time'),
    endTime: time(step, 'end_time'),
    elapsedTime: seconds(step, 'elapsed_time'),
    error: errorText(step, 'error'),
    payload: payloadReader(json, index),
    tokens: tokenCount(step, 'tokens'),
    index,
  };
}

/** An entry that can't be read is an error of itself alone: the others are still worth showing. */
const unreadableStep = (problem: string, index: number): StepFacts => ({
  id: '',
  nodeId: '',
  userId: null,
  organizationId: null,
  rawStatus: '',
  startTime: null,
  endTime: null,
  elapsedTime: null,
  error: null,
  payload: () => ({ inputs: null, outputs: null, metadata: null, unreadable: NONE }),
  tokens: null,
  index,
  problem,
});

/** Call 3: an array that holds one record. Null if it is empty. */
export const readRun = (json: JsonText, runId: string): RunRecord | null =>
  readRecords('run', json).find((record) => record.id === runId) ?? null;

/** Call 4: the records of a window of the history. */
export const readRuns = (json: JsonText): readonly RunRecord[] => readRecords('runs', json);

const readRecords = (answer: string, json: JsonText): readonly RunRecord[] =>
  objectsIn(answer, json.read()).map((run, index) => ({
    id: text(run, 'id'),
    rawStatus: text(run, 'status'),
    startTime: time(run, 'start_time'),
    endTime: time(run, 'end_time'),
    elapsedTime: seconds(run, 'elapsed_time'),
    error: errorText(run, 'error'),
    payload: payloadReader(json, index),
  }));

/** The payload fields may be of any shape, and absent. */
interface PayloadOnWire {
  readonly inputs?: JsonValue;
  readonly outputs?: JsonValue;
  readonly step_metadata?: JsonValue;
}

const PAYLOAD_FIELDS: readonly PayloadField[] = ['inputs', 'outputs', 'metadata'];

function payloadReader(json: JsonText, index: number): () => StepPayload {
  // Checked at the first reading: most payloads are never read, and some are read again and again.
  let unreadable: readonly UnreadableField[] | undefined;
  return () => {
    const { inputs, outputs, step_metadata: metadata } = (json.read() as readonly PayloadOnWire[])[index] ?? {};
    const payload = { inputs: inputs ?? null, outputs: outputs ?? null, metadata: metadata ?? null };
    unreadable ??= unreadableIn(payload);
    const readable = { ...payload, unreadable };
    for (const { field } of unreadable) readable[field] = null;
    return readable;
  };
}

/** One list for all payloads without such fields. */
const NONE: readonly UnreadableField[] = [];

function unreadableIn(payload: Readonly<Record<PayloadField, JsonValue>>): readonly UnreadableField[] {
  const problems = PAYLOAD_FIELDS.flatMap((field) => {
    const problem = unwritable(payload[field]);
    return problem === null ? [] : [{ field, problem, sizeBytes: jsonTextBytes(payload[field]) }];
  });
  return problems.length === 0 ? NONE : problems;
}

/** Call 5. */
export const readWorkflows = (json: JsonText): readonly WorkflowRecord[] =>
  objectsIn('workflows', json.read()).map((workflow) => {
    const graph = objectOrNothing(workflow, 'graph');
    return {
      id: text(workflow, 'workflow_id'),
      name: textOrNothing(workflow, 'name'),
      description: textOrNothing(workflow, 'description'),
      status: textOrNothing(workflow, 'status'),
      version: label(workflow, 'version'),
      isPublic: truth(workflow, 'public'),
      organizationId: textOrNothing(workflow, 'organization_id'),
      createdAt: time(workflow, 'created_at'),
      updatedAt: time(workflow, 'updated_at'),
      graph: graph && toGraph(graph),
    };
  });

export interface StartedRun {
  readonly runId: string;
  readonly message: string | null;
}

/** Call 2. */
export function readStartedRun(json: JsonText): StartedRun {
  const started = objectIn('execute', json.read());
  return { runId: text(started, 'run_id'), message: textOrNothing(started, 'message') };
}

/** Names of a graph's ends in the wire's edges. */
const START = 'START';
const END = 'END';

/** Invalid nodes and edges are skipped: the rest of the graph is still worth showing. */
function toGraph(graph: WireObject): WorkflowGraph {
  const pairs = (listOrNothing(graph, 'edges') ?? []).flatMap((edge) => toEdge(edge) ?? []);
  const afterStart = pairs.filter(({ from }) => from === START).map(({ to }) => to);
  const beforeEnd = pairs.filter(({ to }) => to === END).map(({ from }) => from);
  return {
    nodes: Object.entries(objectOrNothing(graph, 'nodes')?.fields ?? {}).map(([id, node]) => toNode(id, node)),
    edges: pairs.filter(({ from, to }) => from !== START && to !== END),
    entry: pointOf(textOrNothing(graph, 'entry_point')) ?? onlyOneOf(afterStart),
    finish: pointOf(textOrNothing(graph, 'finish_point')) ?? onlyOneOf(beforeEnd),
  };
}

const onlyOneOf = (ids: readonly string[]): string | null => (ids.length === 1 ? (ids[0] ?? null) : null);

const pointOf = (point: string | null): string | null => (point === START || point === END ? null : point);

function toEdge(edge: unknown): WorkflowEdge | null {
  const [from, to] = Array.isArray(edge) ? (edge as readonly unknown[]) : [];
  return typeof from === 'string' && typeof to === 'string' ? { from, to } : null;
}

const toNode = (id: string, node: unknown): WorkflowNode => ({
  id,
  type: wordAt(node, 'type'),
  description: wordAt(valueAt(node, 'metadata'), 'description'),
});

const valueAt = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;

function wordAt(value: unknown, key: string): string | null {
  const word = valueAt(value, key);
  return typeof word === 'string' && word !== '' ? word : null;
}
