/**
 * The wire contract: converts upstream responses to domain facts. Every assumption about the API is made here and in
 * `wire/`. Only these files and the sample use its field names. Readers throw UPSTREAM_CONTRACT_VIOLATION.
 */
import { hashOfInputs } from '../domain/payload.ts';
import { readReport, StepTokens } from '../domain/run/tokens.ts';
import { runStatusOf, type StatusOf } from '../domain/status.ts';
import type {
  JsonValue,
  PayloadField,
  PayloadValues,
  ReportedTokens,
  RunRecord,
  StepFacts,
  Wait,
  WorkflowRecord,
} from '../domain/types.ts';
import type { Written } from './writes.ts';
import type { Door } from './door.ts';
import type { JsonBody } from './transport/json-body.ts';
import { itemsIn, objectIn, problemAt, violation, type ListOf } from './wire/answers.ts';
import type { ReportDeviation } from './wire/deviations.ts';
import {
  attemptNumber,
  errorText,
  identifier,
  isObject,
  label,
  listOrNothing,
  NOTHING,
  objectOrNothing,
  requestableId,
  seconds,
  statusOf,
  textOrNothing,
  time,
  tokenCount,
  truth,
  typeOf,
  type WireObject,
} from './wire/fields.ts';
import { readGraph } from './wire/graph.ts';
import { checkPayload, NO_PAYLOAD, ownPayload, payloadValues } from './wire/payloads.ts';

const STEPS: ListOf = {
  answer: 'steps',
  item: 'step',
  isItem: ({ id, node_id: nodeId, status }) => id !== undefined || nodeId !== undefined || status !== undefined,
};
const RUNS: ListOf = {
  answer: 'runs',
  item: 'run',
  isItem: ({ id, status }) => id !== undefined || status !== undefined,
};
const RUN: ListOf = { ...RUNS, answer: 'run', mayBeBare: true };
const WORKFLOWS: ListOf = {
  answer: 'workflows',
  item: 'workflow',
  isItem: ({ workflow_id: id }) => id !== undefined,
};

/** The original of a redacted response. */
export interface Redacted {
  readonly door: Door;
  readonly original: JsonBody;
}

/** Call 1. Each item becomes a step, so positions stay. An unreadable step has a `problem`. */
export function readSteps(
  json: JsonBody,
  runId: string,
  ofWord: StatusOf,
  report: ReportDeviation,
  redacted: Redacted | null = null,
): readonly StepFacts[] {
  const { bytes: body } = json;
  const originalOf = originalsIn(redacted);
  const shared = createSharedTexts();
  const readWaits = createWaitReader();
  const inputs: JsonValue[] = [];
  const readStep = (step: WireObject, index: number): StepFacts => {
    const id = identifier(step, 'id') ?? idOfPosition(runId, index);
    const values = payloadIn(step);
    const tokens = tokenCount(step, 'tokens');
    const original = originalOf(index, step, values);
    inputs[index] = original?.values.inputs ?? values.inputs;
    checkWaitRequest(step);
    return {
      id,
      // The step gets its own node, because steps of unknown nodes aren't attempts of each other.
      nodeId: identifier(step, 'node_id') ?? id,
      userId: shared(textOrNothing(step, 'user_id')),
      organizationId: shared(textOrNothing(step, 'organization_id')),
      ...statusOf(step, 'status', ofWord),
      startTime: time(step, 'start_time'),
      endTime: time(step, 'end_time'),
      elapsedTime: seconds(step, 'elapsed_time'),
      error: errorText(step, 'error'),
      itemKey: label(step, 'item_key'),
      reportedAttempt: attemptNumber(step, 'attempt'),
      waits: readWaits(step),
      payload: { body, index },
      inputsHash: null,
      tokens,
      reportedTokens: new StepTokens(tokens, original?.reporting ?? values),
      index,
      ...original?.facts,
    };
  };
  /** An unreadable item doesn't affect the other steps, which are still useful. None of its data is returned. */
  const unreadable = (item: unknown, index: number): StepFacts => {
    const problem = problemAt('steps', 'step', `$[${index}]`, item);
    return { ...readStep(NOTHING, index), id: '', nodeId: '', payload: NO_PAYLOAD, problem };
  };
  const steps = itemsIn(STEPS, json, report, (step, item, index) =>
    step ? readStep(step, index) : unreadable(item, index),
  );
  return withInputsHashes(steps, inputs, redacted?.door.hashOfInputs);
}

/** Data from the original of a redacted item. */
interface Original {
  readonly values: PayloadValues;
  readonly reporting: Pick<PayloadValues, 'inputs' | 'outputs'>;
  readonly facts: Pick<StepFacts, 'isRedacted' | 'errorHash'>;
}

/** Returns null for an item that isn't redacted. */
function originalsIn(redacted: Redacted | null) {
  if (!redacted) return () => null;
  const { door, original } = redacted;
  const items = [original.value].flat();
  return (index: number, seen: WireObject, seenValues: PayloadValues): Original | null => {
    const item = items[index];
    if (!isObject(item) || seen === NOTHING) return null;
    const values = payloadValues(item);
    const members = Object.keys(values) as readonly PayloadField[];
    const isSame = members.every((member) => values[member] === seenValues[member]);
    const isRedacted = !isSame || item.error !== seen.fields.error;
    const errorHash = door.hashOfError(errorText({ ...NOTHING, fields: item }, 'error'));
    return { values, reporting: door.reporting(values, seenValues), facts: { isRedacted, errorHash } };
  };
}

const NO_WAITS: readonly Wait[] = [];

/** Computed values of a step and its run use all waits. */
const MAX_WAITS = { ofStep: 1000, ofRun: 10_000 };

/** Reads the last waits of each step. A wait without a readable start, or with an unreadable end, is omitted. */
function createWaitReader(): (step: WireObject) => readonly Wait[] {
  let left = MAX_WAITS.ofRun;
  return (step) => {
    const waits = listOrNothing(step, 'waits');
    if (!waits || waits.length === 0) return NO_WAITS;
    const { report } = step;
    const kept = Math.min(waits.length, MAX_WAITS.ofStep, left);
    left -= kept;
    if (kept < waits.length) {
      const expected = `at most ${MAX_WAITS.ofStep} items, and ${MAX_WAITS.ofRun} per run`;
      report(`${step.path}.waits`, 'lost', expected, 'more');
    }
    const path = `${step.path}.waits[]`;
    return waits.slice(waits.length - kept).flatMap((item) => {
      if (!isObject(item) || isNothing(item.from)) {
        report(path, 'lost', 'object with the time from', typeOf(item));
        return [];
      }
      const wait = { fields: item, path, report };
      const [from, to] = [time(wait, 'from'), time(wait, 'to')];
      return from && (to || isNothing(item.to)) ? { from, to } : [];
    });
  };
}

/** Reports what can't be read. Its values are read later, like those of a payload. */
function checkWaitRequest(step: WireObject): void {
  const request = objectOrNothing(step, 'wait_request');
  if (request) textOrNothing(request, 'message');
}

const isNothing = (value: unknown): boolean => value == null || value === '';

/**
 * Hashes inputs only where they decide which failure was retried, because hashing those of every step takes as long as
 * parsing them.
 */
function withInputsHashes(
  steps: readonly StepFacts[],
  inputs: readonly JsonValue[],
  hashOf: Door['hashOfInputs'] | undefined,
): readonly StepFacts[] {
  const ofNodes = Map.groupBy(steps, ({ nodeId }) => nodeId);
  const dependsOnInputs = (ofNode: readonly StepFacts[]) =>
    ofNode.length > 1 && ofNode.some(({ status }) => status === 'FAILED');
  const nodeIds = new Set([...ofNodes].flatMap(([nodeId, ofNode]) => (dependsOnInputs(ofNode) ? [nodeId] : [])));
  if (nodeIds.size === 0) return steps;
  return steps.map((step) =>
    nodeIds.has(step.nodeId) ? { ...step, inputsHash: hashOfInputs(inputs[step.index] ?? null, hashOf) } : step,
  );
}

/**
 * Returns one string for equal strings of a response: JSON.parse makes a copy for each step, which the cache would
 * keep.
 */
export function createSharedTexts(): (text: string | null) => string | null {
  const texts = new Map<string | null, string | null>();
  return (text) => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };
}

function payloadIn(object: WireObject): PayloadValues {
  const values = payloadValues(object.fields);
  checkPayload(values, (name, problem) => {
    object.report(`${object.path}.${name}`, 'lost', 'readable JSON', problem);
  });
  return values;
}

/** Unique across runs, like the upstream's ids. */
const idOfPosition = (runId: string, index: number): string => `${runId}#${index}`;

/** Call 3: an array with one record, or the record itself, or null if it is empty. */
export function readRun(
  json: JsonBody,
  runId: string,
  ofWord: StatusOf,
  report: ReportDeviation,
  redacted: Redacted | null = null,
): RunRecord | null {
  const records = recordsIn(RUN, json, ofWord, report, redacted);
  const [first] = records;
  // Only one run was requested, so a record without an id belongs to it.
  if (records.length === 1 && first?.id === '') return { ...first, id: runId };
  return records.find((record) => record.id === runId) ?? null;
}

/** Call 4: the records of a window of the history, each at its position. The id of an unreadable record is empty. */
export const readRuns = (
  json: JsonBody,
  limit: number,
  ofWord: StatusOf,
  report: ReportDeviation,
  redacted: Redacted | null = null,
): readonly RunRecord[] => recordsIn(RUNS, json, ofWord, report, redacted, limit);

function recordsIn(
  list: ListOf,
  json: JsonBody,
  ofWord: StatusOf,
  report: ReportDeviation,
  redacted: Redacted | null,
  limit?: number,
): RunRecord[] {
  const originalOf = originalsIn(redacted);
  const read = (run: WireObject, index: number): RunRecord => {
    const values = payloadIn(run);
    return { ...recordOf(run, values, ofWord), ...originalOf(index, run, values)?.facts };
  };
  return itemsIn(list, json, report, (run, _item, index) => read(run ?? NOTHING, index), limit);
}

function recordOf(run: WireObject, values: PayloadValues, ofWord: StatusOf): RunRecord {
  const { rawStatus, status } = statusOf(run, 'status', ofWord);
  return {
    id: requestableId(run, 'id') ?? '',
    rawStatus,
    status: runStatusOf(status),
    startTime: time(run, 'start_time'),
    endTime: time(run, 'end_time'),
    elapsedTime: seconds(run, 'elapsed_time'),
    error: errorText(run, 'error'),
    payload: ownPayload(values),
    nodeTokens: readNodeTokens(run),
  };
}

/** Reads only the usage in `all_outputs`, which is as large as all payloads of the steps. */
function readNodeTokens(run: WireObject): readonly ReportedTokens[] {
  const outputs = Object.values(objectOrNothing(run, 'all_outputs')?.fields ?? {}) as readonly JsonValue[];
  return outputs.map(readReport).filter((reported) => reported !== null);
}

/** Call 5. A workflow without a usable id is omitted, because nothing can be requested with it. */
export function readWorkflows(json: JsonBody, report: ReportDeviation): readonly WorkflowRecord[] {
  const workflows = itemsIn(WORKFLOWS, json, report, (item): WorkflowRecord | null => {
    const workflow = item ?? NOTHING;
    const id = requestableId(workflow, 'workflow_id');
    if (id === null) return null;
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
      updatedBy: textOrNothing(workflow, 'updated_by'),
      graph: graph && readGraph(graph),
    };
  });
  return workflows.filter((workflow) => workflow !== null);
}

/** Call 2. */
export function readStartedRun(json: JsonBody, report: ReportDeviation): Written {
  const started = objectIn('execute', json, report);
  const runId = requestableId(started, 'run_id');
  const got = started.fields.run_id;
  if (runId === null) throw violation('execute', typeof got === 'string' ? 'id' : 'string', '$.run_id', got);
  return { runId, message: textOrNothing(started, 'message') };
}

/** Calls 6 and 7. */
export function readDone(json: JsonBody, endpoint: string, runId: string, report: ReportDeviation): Written {
  return { runId, message: textOrNothing(objectIn(endpoint, json, report), 'message') };
}
