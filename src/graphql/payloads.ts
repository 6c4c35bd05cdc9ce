/** Payloads for resolvers: the value of a field, the part that a path selects, its size, or other data. */
import type { AnsweredJson } from '../domain/json-part.ts';
import { findAt } from '../domain/json-path/json-path.ts';
import type { Payload, PayloadField, Run } from '../domain/types.ts';
import type { Asked, Part } from '../upstream/worker/questions.ts';
import { pathOf, withPathErrors } from './arguments.ts';
import type { Context } from './context.ts';

type GivenPath = string | null | undefined;

export function payloadValue(
  payload: Payload | null,
  field: PayloadField,
  given: GivenPath,
  context: Context,
): AnsweredJson | Promise<AnsweredJson> {
  const path = pathOf(given, context.budgets.paths);
  if (!payload) return path && findAt(path, null);
  return partOf(payload, { source: { index: payload.index, field }, path }, context);
}

/** The first `input_data` of a step, as the inputs of a run without a record. */
export function inferredInputs(
  { steps }: Run,
  given: GivenPath,
  context: Context,
): AnsweredJson | Promise<AnsweredJson> {
  const path = pathOf(given, context.budgets.paths);
  const [first] = steps;
  if (!first) return path && findAt(path, null);
  // All steps came in the same response.
  return partOf(first.payload, { source: { inputData: steps.map(({ payload }) => payload.index) }, path }, context);
}

function partOf(
  { body }: Payload,
  args: Asked<'part'>['args'],
  context: Context,
): AnsweredJson | Promise<AnsweredJson> {
  const part = context.payloads.ask(body, { name: 'part', args });
  return part instanceof Promise ? part.then((later) => taken(later, context)) : taken(part, context);
}

/** Counts the part, wherever it was read. Throws if it exceeds the operation's budget. */
function taken({ steps, bytes, value }: Part, { budgets, answered }: Context): AnsweredJson {
  if (steps > 0) {
    withPathErrors(() => {
      budgets.paths.spend(steps);
    });
  }
  budgets.takePayload(bytes);
  return value instanceof Uint8Array ? answered(value) : value;
}

/** Bytes of compact JSON, 0 for null. */
export const payloadSize = (
  { body, index }: Payload,
  field: PayloadField,
  { payloads }: Context,
): number | Promise<number> => payloads.ask(body, { name: 'size', args: { index, field } });
