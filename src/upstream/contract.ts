/**
 * The wire contract: what the upstream sends, checked and turned into domain facts. The one place, apart from the
 * embedded upstream, that knows the wire's names; every assumption about the API stands here.
 */
import { z } from 'zod';
import type { JsonValue, RunRecord, StepFacts } from '../domain/types.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import { GatewayError } from './errors.ts';

// Tolerant in what it accepts: unknown fields are dropped, absent ones are null, and a text that should be a time
// but is none is an unknown time. Only a wrong JSON type is a violation.
const text = z.string().nullish();
/** Null and `""` both say "nothing". */
const textOrNothing = text.transform((value) => (value === '' ? null : (value ?? null)));
const time = text.transform(parseTimestamp);
const MAX_INT = 2_147_483_647;
/** Whole seconds; null for what is no length of time, or is past GraphQL's Int. */
const seconds = z
  .number()
  .nullish()
  .transform((value) => (typeof value === 'number' && value >= 0 && value <= MAX_INT ? Math.floor(value) : null));
const tokenCount = z
  .number()
  .nullish()
  .transform((value) =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_INT ? Number(value) : null,
  );
// `z.unknown()` passes a payload on by reference: it is never walked or copied.
const payload = z.unknown().transform((value) => (value ?? null) as JsonValue);

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
  inputs: payload,
  outputs: payload,
  step_metadata: payload,
  tokens: tokenCount,
});

const runOnWire = z.object({
  id: z.string(),
  status: z.string(),
  start_time: time,
  end_time: time,
  elapsed_time: seconds,
  error: textOrNothing,
  inputs: payload,
  outputs: payload,
});

const stepsOnWire = z.array(stepOnWire);
const runsOnWire = z.array(runOnWire);

/** Call 1. Throws UPSTREAM_CONTRACT_VIOLATION. */
export function readSteps(json: unknown): readonly StepFacts[] {
  return check('steps', stepsOnWire, json).map((step, index): StepFacts => ({
    id: step.id,
    nodeId: step.node_id,
    userId: step.user_id,
    organizationId: step.organization_id,
    rawStatus: step.status,
    startTime: step.start_time,
    endTime: step.end_time,
    elapsedTime: step.elapsed_time,
    error: step.error,
    inputs: step.inputs,
    outputs: step.outputs,
    metadata: step.step_metadata,
    tokens: step.tokens,
    index,
  }));
}

/** Call 3: an array that holds one record. Null if it is empty. Throws UPSTREAM_CONTRACT_VIOLATION. */
export function readRun(json: unknown, runId: string): RunRecord | null {
  const records = check('run', runsOnWire, json).map(toRunRecord);
  return records.find((record) => record.id === runId) ?? null;
}

const toRunRecord = (run: z.output<typeof runOnWire>): RunRecord => ({
  id: run.id,
  rawStatus: run.status,
  startTime: run.start_time,
  endTime: run.end_time,
  elapsedTime: run.elapsed_time,
  error: run.error,
  inputs: run.inputs,
  outputs: run.outputs,
});

/** The message names where and which type; never a value, which may be anybody's data. */
function check<Schema extends z.ZodType>(what: string, schema: Schema, json: unknown): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const expected = issue?.code === 'invalid_type' ? issue.expected : 'another shape';
  throw new GatewayError(
    'UPSTREAM_CONTRACT_VIOLATION',
    `the upstream's answer for ${what} is not what its contract says: expected ${expected} at ${jsonPath(path)}, got ${typeAt(json, path)}`,
  );
}

const jsonPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => text + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`), '$');

function typeAt(json: unknown, path: readonly PropertyKey[]): string {
  let value = json;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return value === undefined ? 'nothing' : typeof value;
}
