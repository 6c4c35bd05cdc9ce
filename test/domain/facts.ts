/** Builders of facts for tests, whose defaults are a completed step or run, and arbitrary facts. */
import fc from 'fast-check';
import type { ModelPrices, TokenPrices } from '../../src/domain/cost/prices.ts';
import { createRun } from '../../src/domain/run/run.ts';
import { StepTokens } from '../../src/domain/run/tokens.ts';
import { hashOfInputs } from '../../src/domain/payload.ts';
import { createStatusOf, runStatusOf } from '../../src/domain/status.ts';
import { parseTimestamp, timestampOfMicros, type Timestamp } from '../../src/domain/timestamp.ts';
import type { JsonValue, Payload, PayloadField, Run, RunFacts, RunRecord, StepFacts } from '../../src/domain/types.ts';

/** 2025-03-13T02:41:00Z, the origin of all seconds in tests. */
export const EPOCH_MS = Date.UTC(2025, 2, 13, 2, 41);

/** A timestamp with microseconds. */
export const at = (seconds: number): Timestamp => timestampOfMicros(EPOCH_MS * 1000 + Math.round(seconds * 1_000_000));

/** A timestamp in whole seconds, as some deployments send it. */
export const atSecond = (seconds: number): Timestamp => ({
  text: new Date(EPOCH_MS + seconds * 1000).toISOString().replace('.000', ''),
  epochMicros: (EPOCH_MS + seconds * 1000) * 1000,
  isWholeSecond: true,
});

const NO_PRICES: TokenPrices = { input: null, cachedInput: null, cacheWrites: null, output: null, reasoning: null };

export const priced = (prices: Partial<TokenPrices>, longInput: ModelPrices['longInput'] = []): ModelPrices => ({
  prices: { ...NO_PRICES, ...prices },
  longInput,
});

const statusOf = createStatusOf();

type Values = Partial<Record<PayloadField, JsonValue | undefined>>;

function payloadOf({ inputs = null, outputs = null, metadata = null }: Values): Payload {
  const body = Buffer.from(JSON.stringify([{ inputs, outputs, step_metadata: metadata }]));
  return { body, index: 0 };
}

/** Drafts contain the values of payloads. */
type StepDraft = Partial<StepFacts> & Values;
type RecordDraft = Partial<RunRecord> & Omit<Values, 'metadata'>;

export const stepFacts = ({ inputs, outputs, metadata, ...facts }: StepDraft = {}): StepFacts => ({
  id: `step-${facts.index ?? 0}`,
  nodeId: 'model',
  userId: null,
  organizationId: null,
  rawStatus: 'completed',
  status: statusOf(facts.rawStatus ?? 'completed'),
  startTime: at(0),
  endTime: at(1),
  elapsedTime: null,
  error: null,
  itemKey: null,
  reportedAttempt: null,
  waits: [],
  payload: payloadOf({ inputs, outputs, metadata }),
  inputsHash: hashOfInputs(inputs ?? null),
  tokens: 0,
  reportedTokens: new StepTokens(facts.tokens ?? 0, { inputs: inputs ?? null, outputs: outputs ?? null }),
  index: 0,
  ...facts,
});

/** A step with its node, start and end in seconds (null: none), and the upstream's status word. */
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
  nodeTokens: [],
  id: 'run-1',
  rawStatus: 'completed',
  status: runStatusOf(statusOf(record.rawStatus ?? 'completed')),
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

/** Sets each step's index to its place in the list, and its id to `step-<index>`. */
export const listed = (steps: readonly StepFacts[]): StepFacts[] =>
  steps.map((step, index) => ({ ...step, id: `step-${index}`, index }));

/** A run over a list of steps, at `now` seconds. */
export const runOf = (
  steps: readonly StepFacts[],
  { now = 100, ...facts }: Partial<RunFacts> & { now?: number } = {},
): Run => createRun(runFacts({ steps: listed(steps), ...facts }), EPOCH_MS + now * 1000);

/** Few timestamps, so that many steps tie; and the earliest and latest years that are allowed. */
const arbitraryMoment: fc.Arbitrary<Timestamp> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }).map((quarters) => at(quarters / 4)) },
  fc
    .constantFrom('0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.000001Z')
    .map((text) => parseTimestamp(text) ?? at(0)),
);

const WORDS = ['completed', 'failed', 'running', 'suspended', 'queued', 'cancelled', 'skipped', 'archived'];

/** Steps with impossible times and numbers. */
export const arbitrarySteps: fc.Arbitrary<StepFacts[]> = fc
  .array(
    fc
      .record({
        nodeId: fc.constantFrom('a', 'b', 'c', '__proto__'),
        rawStatus: fc.constantFrom(...WORDS),
        startTime: fc.option(arbitraryMoment, { freq: 6 }),
        endTime: fc.option(arbitraryMoment, { freq: 4 }),
        elapsedTime: fc.option(fc.constantFrom(0, 1, 2, 8, -1, 0.5, 2 ** 31, 1e308, -1e308)),
        error: fc.option(fc.string()),
        itemKey: fc.option(fc.constantFrom('x', 'y'), { freq: 2 }),
        reportedAttempt: fc.option(fc.integer({ min: 1, max: 3 }), { freq: 2 }),
        waits: fc.array(fc.record({ from: arbitraryMoment, to: fc.option(arbitraryMoment, { freq: 4 }) }), {
          maxLength: 2,
        }),
        outputs: fc.jsonValue({ maxDepth: 2 }).map((value) => value as JsonValue),
      })
      .map(stepFacts),
    { maxLength: 16 },
  )
  .map(listed);
