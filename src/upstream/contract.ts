/**
 * The wire contract: reads the upstream's answers into domain facts. Every assumption about the API is made here, and only
 * here (the embedded upstream aside) are its field names used. Readers throw UPSTREAM_CONTRACT_VIOLATION.
 */
import type { Payload, RunRecord, StepFacts, WorkflowRecord } from '../domain/types.ts';
import { MAX_FIELD_BYTES, type JsonAnswer, type JsonItem, type MaxBytes } from './transport/json-answer.ts';
import { itemsIn, objectIn, problemAt, violation, type ListOf, type ObjectOf } from './wire/answers.ts';
import type { ReportDeviation } from './wire/deviations.ts';
import {
  errorText,
  identifier,
  label,
  MAX_ERROR_BYTES,
  objectOrNothing,
  requestableId,
  seconds,
  statusWord,
  textOrNothing,
  time,
  tokenCount,
  truth,
  type WireObject,
} from './wire/fields.ts';
import { MAX_GRAPH_BYTES, readGraph } from './wire/graph.ts';

/** How much is read of the fields that may be long. */
const LONG: MaxBytes = new Map([
  ['error', MAX_ERROR_BYTES],
  ['message', 2 ** 16],
  ['description', 2 ** 16],
  ['graph', MAX_GRAPH_BYTES],
]);
const fieldsOf = (names: string): MaxBytes =>
  new Map(names.split(' ').map((name) => [name, LONG.get(name) ?? MAX_FIELD_BYTES]));

/** Of steps and run records, beside their payloads. */
const EXECUTION = 'id status start_time end_time elapsed_time error';
const PAYLOAD = ['inputs', 'outputs', 'step_metadata'];

const STEPS: ListOf = {
  answer: 'steps',
  item: 'step',
  fields: fieldsOf(`${EXECUTION} node_id user_id organization_id tokens`),
  isItem: ({ id, node_id: nodeId, status }) => id !== undefined || nodeId !== undefined || status !== undefined,
};
const RUNS: ListOf = {
  answer: 'runs',
  item: 'run',
  fields: fieldsOf(EXECUTION),
  isItem: ({ id, status }) => id !== undefined || status !== undefined,
};
const RUN: ListOf = { ...RUNS, answer: 'run', mayBeBare: true };
const WORKFLOWS: ListOf = {
  answer: 'workflows',
  item: 'workflow',
  fields: fieldsOf('workflow_id name description status version public organization_id created_at updated_at graph'),
  isItem: ({ workflow_id: id }) => id !== undefined,
};

const STARTED_RUN: ObjectOf = { answer: 'execute', fields: fieldsOf('run_id message') };

/** All that is read of any answer. */
export const WIRE_NAMES: ReadonlySet<string> = new Set([
  ...PAYLOAD,
  ...[STEPS, RUNS, WORKFLOWS, STARTED_RUN].flatMap(({ fields }) => [...fields.keys()]),
]);

/** For readers whose caller does not look at deviations. */
const ignore: ReportDeviation = () => undefined;

/** Yields after each item. */
type Reading<T> = Generator<void, T, void>;

/** Call 1. Each item is a step, so that positions stay: one that can't be read says so. */
export function readSteps(json: JsonAnswer, runId = '', report = ignore): Reading<readonly StepFacts[]> {
  return itemsIn(STEPS, json, report, (step, item, index) => {
    if (!step) return unreadableStep(index, item.read(STEPS.fields));
    const id = identifier(step, 'id') ?? idOfPosition(runId, index);
    return {
      id,
      // A node of its own: steps of unknown nodes are no attempts of one another.
      nodeId: identifier(step, 'node_id') ?? id,
      userId: textOrNothing(step, 'user_id'),
      organizationId: textOrNothing(step, 'organization_id'),
      rawStatus: statusWord(step, 'status'),
      startTime: time(step, 'start_time'),
      endTime: time(step, 'end_time'),
      elapsedTime: seconds(step, 'elapsed_time'),
      error: errorText(step, 'error'),
      payload: payloadOf(item, step),
      tokens: tokenCount(step, 'tokens'),
      index,
    };
  });
}

function payloadOf(item: JsonItem, object: WireObject | null): Payload {
  const member = (name: string) => {
    const text = item.member(name);
    if (text?.problem != null) object?.report(`${object.path}.${name}`, 'lost', 'JSON that can be read', text.problem);
    return text;
  };
  return {
    inputs: member('inputs'),
    outputs: member('outputs'),
    metadata: member('step_metadata'),
    heldBytes: item.heldBytes,
  };
}

const NO_PAYLOAD: Payload = { inputs: null, outputs: null, metadata: null, heldBytes: 0 };

/** Unique beyond the run, as the upstream's ids are. */
const idOfPosition = (runId: string, index: number): string => `${runId}#${index}`;

/** An item that can't be read is an error of itself alone: the others are still worth showing. Nothing of it is shown. */
function unreadableStep(index: number, item: unknown): StepFacts {
  return {
    id: '',
    nodeId: '',
    userId: null,
    organizationId: null,
    rawStatus: '',
    startTime: null,
    endTime: null,
    elapsedTime: null,
    error: null,
    payload: NO_PAYLOAD,
    tokens: null,
    index,
    problem: problemAt('steps', 'step', `$[${index}]`, item),
  };
}

/** Call 3: an array that holds one record, or just the record. Null if it is empty. */
export function* readRun(json: JsonAnswer, runId: string, report = ignore): Reading<RunRecord | null> {
  const records = yield* itemsIn(RUN, json, report, recordOf);
  const [first] = records;
  // Nothing else was requested, so a record without an id is that of the run.
  if (records.length === 1 && first?.id === '') return { ...first, id: runId };
  return records.find((record) => record.id === runId) ?? null;
}

/** Call 4: the records of a window of the history, each at its position. One that can't be read has no id. */
export const readRuns = (json: JsonAnswer, limit = Infinity, report = ignore): Reading<readonly RunRecord[]> =>
  // A record may be kept for much longer than its window.
  itemsIn(RUNS, json, report, (run, item) => recordOf(run, item.copy()), limit);

const recordOf = (run: WireObject | null, item: JsonItem): RunRecord => ({
  id: (run && requestableId(run, 'id')) ?? '',
  rawStatus: run ? statusWord(run, 'status') : '',
  startTime: run && time(run, 'start_time'),
  endTime: run && time(run, 'end_time'),
  elapsedTime: run && seconds(run, 'elapsed_time'),
  error: run && errorText(run, 'error'),
  payload: payloadOf(item, run),
});

/** Call 5. A workflow without a usable id can't be asked for anything: it is left out. */
export function* readWorkflows(json: JsonAnswer, report = ignore): Reading<readonly WorkflowRecord[]> {
  const workflows = yield* itemsIn(WORKFLOWS, json, report, (workflow): WorkflowRecord | null => {
    const id = workflow && requestableId(workflow, 'workflow_id');
    if (!workflow || id === null) return null;
    const graph = objectOrNothing(workflow, 'graph');
    return {
      id,
      name: textOrNothing(workflow, 'name'),
      description: textOrNothing(workflow, 'description'),
      status: textOrNothing(workflow, 'status'),
      version: label(workflow, 'version'),
      isPublic: truth(workflow, 'public'),
      organizationId: textOrNothing(workflow, 'organization_id'),
      createdAt: time(workflow, 'created_at'),
      updatedAt: time(workflow, 'updated_at'),
      graph: graph && readGraph(graph),
    };
  });
  return workflows.filter((workflow) => workflow !== null);
}

export interface StartedRun {
  readonly runId: string;
  readonly message: string | null;
}

/** Call 2. */
export function readStartedRun(json: JsonAnswer, report = ignore): StartedRun {
  const started = objectIn(STARTED_RUN, json, report);
  const runId = requestableId(started, 'run_id');
  const got = started.fields.run_id;
  if (runId === null) throw violation('execute', typeof got === 'string' ? 'id' : 'string', '$.run_id', got);
  return { runId, message: textOrNothing(started, 'message') };
}
