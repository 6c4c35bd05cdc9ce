/** Payloads for resolvers: the value of a field, the part that a path selects, its size, or other data. */
import { fieldOf, unwritable } from '../domain/json.ts';
import { jsonBytes } from '../domain/json-bytes.ts';
import type { JsonValue, Payload, PayloadField, PayloadValues, Run } from '../domain/types.ts';
import { GatewayError } from '../upstream/errors.ts';
import { pick } from './arguments.ts';
import type { Context } from './context.ts';

type Path = string | null | undefined;

export function payloadValue(
  payload: Payload | null,
  field: PayloadField,
  path: Path,
  context: Context,
): JsonValue | Promise<JsonValue> {
  if (!payload) return pick(null, path, context.budgets.paths);
  return context.payloads.read(payload, (values) => {
    const value = readable(values, payload, field, context);
    if (path != null) return answered(value, path, context);
    context.budgets.takePayload(sizeOf(value, payload, field, context));
    return value;
  });
}

/** Bytes of compact JSON. 0 for null. */
export const payloadSize = (payload: Payload, field: PayloadField, context: Context): number | Promise<number> =>
  context.payloads.known(payload, field).sizeBytes ??
  context.payloads.read(payload, (values) => sizeOf(values[field], payload, field, context));

function sizeOf(value: JsonValue, payload: Payload, field: PayloadField, { payloads }: Context): number {
  return (payloads.known(payload, field).sizeBytes ??= value === null ? 0 : jsonBytes(value));
}

/** Throws UPSTREAM_CONTRACT_VIOLATION for a value that cannot be sent. */
export function readable(values: PayloadValues, payload: Payload, field: PayloadField, context: Context): JsonValue {
  const known = context.payloads.known(payload, field);
  if (known.problem === undefined) known.problem = unwritable(values[field]);
  if (known.problem === null) return values[field];
  throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `${field}: ${known.problem}`);
}

function answered(value: JsonValue, path: Path, { budgets }: Context): JsonValue {
  const found = pick(value, path, budgets.paths);
  budgets.takePart(found);
  return found;
}

/** Inputs of a run without a record. They are searched once per operation, however often they are selected. */
export async function inferredInputs(run: Run, path: Path, context: Context): Promise<JsonValue> {
  const inputs = await context.runInputs(run, () => findInputs(run, context));
  return answered(inputs, path, context);
}

/** The first `input_data` of a step. Unreadable inputs throw, since a later step's `input_data` would be wrong. */
async function findInputs({ steps }: Run, context: Context): Promise<JsonValue> {
  const [first] = steps;
  if (!first) return null;
  // The other steps came in the same answer, so that they are read in the same turn once it is parsed.
  return context.payloads.read(first.payload, async () => {
    for (const { payload } of steps) {
      const inputs = await context.payloads.read(payload, (values) =>
        fieldOf(readable(values, payload, 'inputs', context), 'input_data'),
      );
      if (inputs !== undefined) return inputs;
    }
    return null;
  });
}
