/** Payloads for resolvers: a field as it was written, what a path finds in it, or what else is read from it. */
import { fieldOf } from '../domain/json.ts';
import { problemOf } from '../domain/payload.ts';
import { stepTokenUsage } from '../domain/run/tokens.ts';
import type { JsonValue, Payload, PayloadField, PayloadText, Run, Step } from '../domain/types.ts';
import { GatewayError } from '../upstream/errors.ts';
import { pick } from './arguments.ts';
import type { Context } from './context.ts';
import { WrittenJson, type AnsweredJson } from './written-json.ts';

type Path = string | null | undefined;

export function payloadValue(
  payload: Payload | null,
  field: PayloadField,
  path: Path,
  { readings, budgets, written }: Context,
): AnsweredJson | Promise<AnsweredJson> {
  const text = payload?.[field];
  if (!payload || !text) return pick(null, path, budgets.paths);
  if (path != null)
    return readings.take(payload, [field], () => pick(readPayload(payload, field), path, budgets.paths));
  const answer = () => written(text, () => writtenJson(field, text));
  return text.isPlain ? answer() : readings.take(payload, [field], answer);
}

function writtenJson(field: PayloadField, text: PayloadText): WrittenJson {
  if (text.problem !== null) throw unreadable(field, text.problem);
  return new WrittenJson(text.written());
}

/** Throws UPSTREAM_CONTRACT_VIOLATION for a value that can't be read. */
export function readPayload(payload: Payload, field: PayloadField): JsonValue {
  const text = payload[field];
  if (!text) return null;
  const problem = problemOf(text);
  if (problem !== null) throw unreadable(field, problem);
  return text.read();
}

const unreadable = (field: PayloadField, problem: string): GatewayError =>
  new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `${field}: ${problem}`);

/** What a run without a record was started with. It is looked for once for the operation, however often it is selected. */
export async function inferredInputs(run: Run, path: Path, context: Context): Promise<JsonValue> {
  const inputs = await context.runInputs(run, () => findInputs(run, context));
  return pick(inputs, path, context.budgets.paths);
}

/**
 * The `input_data` of the first step that has any, for there the upstream puts it. Inputs that can't be read may hold it: then a later
 * step's would be wrong.
 */
async function findInputs({ steps }: Run, { readings }: Context): Promise<JsonValue> {
  for (const { payload } of steps) {
    const inputs = await readings.take(payload, ['inputs'], () =>
      fieldOf(readPayload(payload, 'inputs'), 'input_data'),
    );
    if (inputs !== undefined) return inputs;
  }
  return null;
}

/** What a model was asked and what it answered. */
export const MODEL_CALL: readonly PayloadField[] = ['inputs', 'outputs'];

/** To be called before what reads the tokens of many steps: they are known then. */
export async function readTokens(steps: readonly Step[], { readings }: Context): Promise<void> {
  for (const step of steps) {
    const reading = readings.takeFigures(step.payload, MODEL_CALL, () => stepTokenUsage(step));
    if (reading instanceof Promise) await reading;
  }
}
