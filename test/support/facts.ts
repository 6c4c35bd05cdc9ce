/** Facts for tests: builders whose defaults are an ordinary completed step or run, and arbitrary ones. */
import fc from 'fast-check';
import { valueOf } from '../../src/domain/payload.ts';
import { createRun } from '../../src/domain/run/run.ts';
import { parseTimestamp, timestampOfMicros, type Timestamp } from '../../src/domain/timestamp.ts';
import type {
  JsonValue,
  Payload,
  PayloadField,
  Run,
  RunFacts,
  RunRecord,
  StepFacts,
  WorkflowGraph,
} from '../../src/domain/types.ts';
import { answerOf, readSteps } from './read-wire.ts';

/** 2025-03-13T02:41:00Z, from which all seconds in tests count. */
export const EPOCH_MS = Date.UTC(2025, 2, 13, 2, 41);

/** A moment known to the microsecond. */
export const at = (seconds: number): Timestamp => timestampOfMicros(EPOCH_MS * 1000 + Math.round(seconds * 1_000_000));

/** A moment known to the second, as some deployments send them. */
export function atSecond(seconds: number): Timestamp {
  const timestamp = parseTimestamp(new Date(EPOCH_MS + seconds * 1000).toISOString().replace('.000', ''));
  if (!timestamp?.isWholeSecond) throw new Error(`expected whole seconds, got ${seconds}`);
  return timestamp;
}

type Values = Partial<Record<PayloadField, JsonValue | undefined>>;

/** As it comes. */
export function payloadOf({ inputs = null, outputs = null, metadata = null }: Values): Payload {
  const [step] = readSteps(answerOf([{ id: 's', inputs, outputs, step_metadata: metadata }]));
  if (!step) throw new Error('expected a step');
  return step.payload;
}

/** Payloads are given by their values. */
export type StepDraft = Partial<StepFacts> & Values;
export type RecordDraft = Partial<RunRecord> & Omit<Values, 'metadata'>;

export const stepFacts = ({ inputs, outputs, metadata, ...facts }: StepDraft = {}): StepFacts => ({
  id: `step-${facts.index ?? 0}`,
  nodeId: 'model',
  userId: null,
  organizationId: null,
  rawStatus: 'completed',
  startTime: at(0),
  endTime: at(1),
  elapsedTime: null,
  error: null,
  payload: payloadOf({ inputs, outputs, metadata }),
  tokens: 0,
  index: 0,
  ...facts,
});

/** A step by its node, start and end in seconds (null: none), and the upstream's word for its status. */
export const ran = (
  nodeId: string,
  start: number | null,
  end: number | null,
  rawStatus = 'completed',
  facts: StepDraft = {},
): StepFacts =>
  stepFacts({
    nodeId,
    rawStatus,
    startTime: start === null ? null : at(start),
    endTime: end === null ? null : at(end),
    ...facts,
  });

export const runRecord = ({ inputs, outputs, ...record }: RecordDraft = {}): RunRecord => ({
  id: 'run-1',
  rawStatus: 'completed',
  startTime: at(0),
  endTime: at(10),
  elapsedTime: 10,
  error: null,
  payload: payloadOf({ inputs, outputs }),
  ...record,
});

export const runFacts = (facts: Partial<RunFacts> = {}): RunFacts => ({
  workflowId: 'workflow-1',
  id: 'run-1',
  record: null,
  steps: [],
  graph: null,
  freshness: { fetchedAt: at(0), isFinal: false, isStale: false, staleReason: null },
  ...facts,
});

/** The values of a payload. */
export const valuesOf = ({ inputs, outputs, metadata }: Payload) => ({
  inputs: valueOf(inputs),
  outputs: valueOf(outputs),
  metadata: valueOf(metadata),
});

/** The upstream's list: each step's place in it is its index, and names it `step-<index>`. */
export const listed = (steps: readonly StepFacts[]): StepFacts[] =>
  steps.map((step, index) => ({ ...step, id: `step-${index}`, index }));

/** A run over a list of steps, as of `now` seconds. */
export const runOf = (
  steps: readonly StepFacts[],
  { now = 100, ...facts }: Partial<RunFacts> & { now?: number } = {},
): Run => createRun(runFacts({ steps: listed(steps), ...facts }), EPOCH_MS + now * 1000);

/** A graph from edges such as `a>b`, or a lone node's name; the first node is the entry and the last the finish. */
export function graphOf(...edges: readonly string[]): WorkflowGraph {
  const ids = [...new Set(edges.flatMap((edge) => edge.split('>')))];
  return {
    nodes: ids.map((id) => ({ id, type: null, description: null })),
    edges: edges.flatMap((edge) => {
      const [from, to] = edge.split('>');
      return from !== undefined && to !== undefined ? [{ from, to }] : [];
    }),
    entry: ids[0] ?? null,
    finish: ids.at(-1) ?? null,
  };
}

// ---- arbitrary facts -------------------------------------------------------------------------------------------

export const NODE_IDS = ['a', 'b', 'c', 'd', 'e', '__proto__'] as const;

const WORDS = ['completed', 'Success', 'failed', 'timeout', 'running', 'in-progress', 'queued', 'cancelled', 'skipped'];

const arbitraryJson: fc.Arbitrary<JsonValue> = fc.jsonValue({ maxDepth: 2 }).map((value) => value as JsonValue);

const arbitraryUsage: fc.Arbitrary<JsonValue> = fc
  .record(
    {
      model: fc.oneof(fc.constantFrom('gpt', 'auto', ''), arbitraryJson),
      usage: fc.dictionary(
        fc.constantFrom('prompt_tokens', 'input_tokens', 'completion_tokens', 'total_tokens', 'prompt_tokens_details'),
        fc.oneof(fc.integer({ min: -5, max: 500 }), fc.record({ cached_tokens: fc.integer() }), arbitraryJson),
      ),
    },
    { requiredKeys: [] },
  )
  .map((value) => value as JsonValue);

/** Few moments, so that many steps tie; some known to the second alone. */
const arbitraryMoment: fc.Arbitrary<Timestamp> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 40 }).map((quarters) => at(quarters / 4)) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 20_000_000 }).map((micros) => at(micros / 1_000_000)) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 10 }).map(atSecond) },
);

/** Year 0 to 9999: whatever the upstream's text can say. */
const absurdMoment: fc.Arbitrary<Timestamp> = fc
  .constantFrom('0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.000001Z')
  .map((text) => parseTimestamp(text) ?? at(0));

export interface ArbitraryStepOptions {
  /** False: seconds of one minute, none negative or absurd. */
  readonly isAbsurd?: boolean;
}

/** Any step that the upstream's JSON could tell; its index is that of a list of one. */
export function arbitraryStepFacts({ isAbsurd = true }: ArbitraryStepOptions = {}): fc.Arbitrary<StepFacts> {
  const moment = isAbsurd ? fc.oneof({ weight: 12, arbitrary: arbitraryMoment }, absurdMoment) : arbitraryMoment;
  const seconds = fc.integer({ min: 0, max: 8 });
  const absurdSeconds = fc.constantFrom(-1, 0.5, 2 ** 31, 1e308, -1e308);
  const draft = fc.record({
    id: fc.constantFrom('s1', 's2', 's3'),
    nodeId: fc.constantFrom(...NODE_IDS),
    userId: fc.constant(null),
    organizationId: fc.constant(null),
    rawStatus: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...WORDS) }, fc.string()),
    startTime: fc.option(moment, { freq: 6 }),
    endTime: fc.option(moment, { freq: 4 }),
    elapsedTime: fc.option(isAbsurd ? fc.oneof({ weight: 6, arbitrary: seconds }, absurdSeconds) : seconds),
    error: fc.option(fc.oneof(fc.string(), fc.json())),
    inputs: arbitraryJson,
    outputs: fc.oneof(arbitraryUsage, arbitraryJson),
    tokens: fc.option(fc.integer({ min: -5, max: 50 })),
    index: fc.constant(0),
  });
  return draft.map(stepFacts);
}

/** A list of such steps, indexed by their places in it. */
export const arbitrarySteps = (options: ArbitraryStepOptions & { readonly maxLength?: number } = {}) =>
  fc
    .array(arbitraryStepFacts(options), { maxLength: options.maxLength ?? 24 })
    .map((steps) => steps.map((step, index) => ({ ...step, index })));

/** Any graph over the node ids: cycles, loops to itself, unknown ends and entries, nodes listed twice. */
export const arbitraryGraph: fc.Arbitrary<WorkflowGraph> = fc
  .record({
    ids: fc.array(fc.constantFrom(...NODE_IDS), { maxLength: 8 }),
    edges: fc.array(
      fc.record({ from: fc.constantFrom(...NODE_IDS, 'unknown'), to: fc.constantFrom(...NODE_IDS, 'unknown') }),
    ),
    entry: fc.option(fc.constantFrom(...NODE_IDS, 'unknown')),
  })
  .map(({ ids, edges, entry }) => ({
    nodes: ids.map((id) => ({ id, type: null, description: null })),
    edges,
    entry,
    finish: null,
  }));
