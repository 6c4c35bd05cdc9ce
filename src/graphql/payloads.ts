/** Payloads for resolvers: a field as it was written, what a path finds in it, or what else is read from it. */
import { stepTokenUsage } from '../domain/run/tokens.ts';
import type { PayloadField, ReadPayload, Step } from '../domain/types.ts';
import { payloadBytes, readPayload, type PayloadOf } from '../upstream/payload.ts';
import { pick } from './arguments.ts';
import type { Context } from './context.ts';
import { WrittenJson, type AnsweredJson } from './written-json.ts';

/** Of a step or a run record. */
type Payload<Field extends PayloadField> = ReadPayload<PayloadOf<Field>>;

export function payloadValue<Field extends PayloadField>(
  payload: Payload<Field>,
  field: Field,
  path: string | null | undefined,
  { readings, budgets }: Context,
): AnsweredJson | Promise<AnsweredJson> {
  const text = payload.texts?.[field];
  if (path == null && text?.isPlain === true) return new WrittenJson(text.bytes);
  return readings.take(payload, [field], () => pick(readPayload(payload(), field), path, budgets.paths));
}

export const payloadSize = <Field extends PayloadField>(payload: Payload<Field>, field: Field, { readings }: Context) =>
  readings.takeFigures(payload, [field], () => payloadBytes(payload, field, payload));

/** What a model was asked and what it answered. */
export const MODEL_CALL: readonly PayloadField[] = ['inputs', 'outputs'];

/** To be called before what reads the tokens of many steps: they are known then. */
export async function readTokens(steps: readonly Step[], { readings }: Context): Promise<void> {
  for (const step of steps) {
    const reading = readings.takeFigures(step.payload, MODEL_CALL, () => stepTokenUsage(step));
    if (reading instanceof Promise) await reading;
  }
}
